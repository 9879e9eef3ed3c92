"""Reaching a store: from an address to a connection, reading and writing as whole transactions, and refusals in words.

One writer at a time: SQLite by `BEGIN IMMEDIATE`, PostgreSQL by an advisory lock. Readers see one state throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from nhiemvu.errors import Place, Problem, StoreError
from nhiemvu.messages import N_
from nhiemvu.store.schema import METADATA, STORE, VERSION

PATIENCE = 60  # seconds that a writer waits for another
_SHOWN = 5  # names of tables in a message
_LOCK = 0x6E686965  # "nhie"; the number of our advisory lock in PostgreSQL


class Connector:
    """Opens transactions on one store.

    Attributes:
        shown: the address as it may be shown, without a password.
    """

    def __init__(self, url: str | Path) -> None:
        address = _read_address(url)
        self.shown = address.database or "" if _is_sqlite(address) else address.set(query={}).render_as_string()
        self._is_file = _is_sqlite(address) and address.database not in (None, "", ":memory:")
        self._file = Path(address.database or "")
        self._engine = _make_engine(address, self.shown)

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @property
    def is_postgresql(self) -> bool:
        """Is it PostgreSQL; else it is SQLite."""
        return self._engine.dialect.name == "postgresql"

    def prepare(self, *, must_exist: bool) -> None:
        """Make the tables where there are none yet.

        Raises:
            StoreError: it is somebody else's database, or made by a newer nhiemvu, or nothing is there and must be.
        """
        if self._is_file and not self._file.exists():
            if must_exist:
                raise self._refuse("store-missing", N_("chưa có kho số liệu ở đây; kiểm tra lại tên"))
            if not self._file.absolute().parent.is_dir():
                raise self._refuse("store-folder", N_("không có thư mục này để đặt kho số liệu; tạo thư mục trước"))
        with self.reading() as connection:
            found = self._find_version(connection)
        if found is None and must_exist:
            raise self._refuse("store-missing", N_("chưa có kho số liệu ở đây; kiểm tra lại tên"))
        if found is None:
            with self.writing() as connection:
                if self._find_version(connection) is None:  # else another process has just made it
                    METADATA.create_all(connection, checkfirst=False)
                    connection.execute(STORE.insert().values(schema_version=VERSION))

    def _find_version(self, connection: sa.Connection) -> int | None:
        """The version of the tables that are there; None where there are none."""
        tables = set(sa.inspect(connection).get_table_names())
        if STORE.name not in tables:
            # a file is a store or somebody else's; a server's database may well hold both
            if taken := sorted(tables if self._is_file else tables & METADATA.tables.keys()):
                message = N_(
                    "cơ sở dữ liệu này của chương trình khác (đã có bảng {tables}); hãy dùng một cơ sở dữ liệu riêng"
                )
                shown = ", ".join([*taken[:_SHOWN], "…"] if len(taken) > _SHOWN else taken)
                raise self._refuse("store-foreign", message, tables=shown)
            return None
        version = connection.scalar(sa.select(sa.func.max(STORE.c.schema_version)))
        if version is None or version > VERSION:
            message = N_(
                "kho này do bản nhiemvu mới hơn tạo (bảng bản {found}, chương trình này biết đến bản {known}); "
                "nâng cấp bằng: pip install -U nhiemvu"
            )
            raise self._refuse("store-newer", message, found=version or "?", known=VERSION)
        return int(version)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the store from beginning to end."""
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ"} if self.is_postgresql else {}
        with self._told(), self._engine.connect() as connection, connection.execution_options(**options).begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that no other writer disturbs; all of it is kept, or nothing."""
        with (
            self._told(),
            self._engine.connect() as connection,
            connection.execution_options(nhiemvu_writes=True).begin(),
        ):
            if self.is_postgresql:
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{PATIENCE}s'"))
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection

    def _refuse(self, code: str, message: str, **fill: object) -> StoreError:
        return StoreError(Problem(code, message, Place(self.shown), fill))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the database refuses, in words."""
        try:
            yield
        except _list_errors(self._engine.dialect) as error:
            origin = error.orig if isinstance(error, exc.DBAPIError) else error
            said, state = str(origin).strip(), str(getattr(origin, "sqlstate", None) or "")
            for code, message, states, signs in _REFUSALS:
                if state.startswith(states) or any(sign in said for sign in signs):
                    raise self._refuse(code, message, reason=said) from error
            raise self._refuse("store-failed", _FAILED, reason=said) from error


def _list_errors(dialect: sa.Dialect) -> tuple[type[BaseException], ...]:
    """What SQLAlchemy raises, and what the driver itself does where we copy rows past it."""
    driver = getattr(dialect, "dbapi", None)
    return (exc.DBAPIError,) if driver is None else (exc.DBAPIError, driver.Error)


_FAILED = N_("kho số liệu không làm được việc này ({reason}); số liệu đã có còn nguyên")
# PostgreSQL says what it is by a code, in whatever language it speaks; SQLite by its words
_REFUSALS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "store-busy",
        N_("kho đang bận vì chương trình khác đang ghi; đợi xong rồi chạy lại"),
        ("55P03",),
        ("database is locked",),
    ),
    ("store-foreign", N_("tệp này không phải kho số liệu; chọn tên khác"), (), ("file is not a database",)),
    (
        "store-damaged",
        N_("tệp kho bị hỏng hoặc chép chưa hết ({reason}); lấy bản sao lưu, hoặc chép lại cả tệp từ nơi có bản đủ"),
        (),
        ("disk image is malformed",),
    ),
    (
        "store-readonly",
        N_("không có quyền ghi vào kho này ({reason}); xin quyền, hoặc chọn kho khác"),
        ("42501", "25006"),
        ("readonly database",),
    ),
    ("store-full", N_("ổ đĩa đã đầy; giải phóng chỗ rồi chạy lại, kho còn nguyên"), ("53100",), ("disk is full",)),
    (
        "store-unreachable",
        N_("không mở được kho ({reason}); kiểm tra lại địa chỉ, tên, mật khẩu và quyền"),
        ("08", "28", "3D000"),
        ("unable to open database file", "connection failed", "connection is bad", "failed to resolve host"),
    ),
)


def _read_address(url: str | Path) -> sa.URL:
    """A path is SQLite; `postgres://` and `postgresql://` go through psycopg."""
    text = str(url)
    if "://" not in text:
        return sa.URL.create("sqlite", database=text)
    try:
        address = sa.make_url(text)
    except (exc.ArgumentError, ValueError):
        address = None
    if address is not None and _is_sqlite(address):
        return address
    if address is not None and address.get_backend_name() in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    message = N_("địa chỉ kho phải là tên tệp, sqlite:///… hoặc postgresql://người-dùng@máy/tên")
    raise StoreError(Problem("store-url", message, Place(text.partition("://")[0] + "://…")))  # it may hold a password


def _is_sqlite(address: sa.URL) -> bool:
    return address.get_backend_name() == "sqlite"


def _make_engine(address: sa.URL, shown: str) -> sa.Engine:
    if _is_sqlite(address):
        in_memory = address.database in (None, "", ":memory:")
        engine = sa.create_engine(
            address,
            connect_args={"timeout": PATIENCE, "check_same_thread": False},
            poolclass=sa.StaticPool if in_memory else sa.NullPool,
        )
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return sa.create_engine(address, connect_args={"connect_timeout": 10}, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        message = N_("máy này chưa có phần nối với PostgreSQL; cài bằng: pip install 'nhiemvu[postgresql]'")
        raise StoreError(Problem("store-driver", message, Place(shown))) from error


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by ourselves, below
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("nhiemvu_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
