"""The page as an application: what is asked for, and what answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from nhiemvu.errors import say_reason
from nhiemvu.messages import LANGUAGES, N_, current_language, language
from nhiemvu.serve.desk import FINISHED, Desk, Job
from nhiemvu.serve.guard import LOCAL, Guard
from nhiemvu.serve.offers import draw_template
from nhiemvu.serve.order import CONTENTS, PAGE, Order
from nhiemvu.serve.pages import capital, render, say
from nhiemvu.serve.settings import Settings
from nhiemvu.serve.upload import RefusedError, receive_fields, receive_form
from nhiemvu.text import Unreadable, read_date
from nhiemvu.workbook.engines import find_engines

Report = Callable[[str, str], None]
_OWNER, _LANGUAGE = "nhiemvu", "nhiemvu-lang"
_POLL = 20.0  # seconds that a waiting page is kept waiting for news
_SWEEP = 2.0  # seconds
_SHOWN_NAMES = 5
_NOTICES = {"dung": "stopped", "xoa": "removed"}
_STATIC = Path(__file__).parent / "static"


def make_app(folder: Path, settings: Settings, report: Report) -> ASGIApp:
    """The whole page.

    Args:
        folder: private, where uploads and results lie while they are held.
        settings: what it offers, and how much it takes on.
        report: told of our mistakes: an id, and details for whoever mends them.
    """
    site = Site(folder, settings, report)
    job = "/ket-qua/{id}"
    application = Starlette(
        routes=[
            Route("/", site.start, methods=["GET"]),
            Route("/", site.submit, methods=["POST"]),
            Route(f"{job}/", site.show, methods=["GET"]),
            Route(f"{job}/tien-do", site.tell, methods=["GET"]),
            Route(f"{job}/danh-gia-lai", site.evaluate_anew, methods=["POST"]),
            Route(f"{job}/xoa", site.remove, methods=["POST"]),
            Route(f"{job}/tep/{{name}}", site.download, methods=["GET"]),
            Route("/so-mau/{key}.xlsx", site.template, methods=["GET"]),
            Mount("/tinh", StaticFiles(directory=_STATIC)),
        ],
        exception_handlers={
            RefusedError: _refuse,
            HTTPException: _say_missing,
            ClientDisconnect: _nobody_listens,
            Exception: site.say_mistake,
        },
        lifespan=site.lifespan,
    )
    return _Speaking(Guard(application, _answer_refused, settings.hosts), settings.language)


class _Speaking:
    """Answers in the language that the browser asked for, or asked for before."""

    def __init__(self, app: ASGIApp, language_code: str) -> None:
        self._app, self._default = app, language_code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        code = self._default
        if scope["type"] == "http":
            request = Request(scope)
            asked = request.query_params.get("lang", request.cookies.get(_LANGUAGE))
            code = asked if asked in LANGUAGES else code
        with language(code):
            await self._app(scope, receive, send)


class Site:
    """What answers each address."""

    def __init__(self, folder: Path, settings: Settings, report: Report) -> None:
        self.desk = Desk(folder, settings.bounds, report)
        self._offers = {offer.key: offer for offer in settings.offers}
        self._report, self._settings, self._bounds = report, settings, settings.bounds
        self._recalculates = any(find_engines())

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Sweep while the server runs; leave nothing when it ends."""
        self.desk.prepare()
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            await self.desk.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            await self.desk.sweep()

    # --- the way in ---

    async def start(self, request: Request) -> Response:
        """The first page."""
        notice = _NOTICES.get(request.query_params.get("vi", ""))
        titles = [(key, offer.title) for key, offer in self._offers.items()]
        page = render(
            "start.html",
            root="",
            notice=say(notice) if notice else "",
            offers=titles,
            chosen=titles[0][0],
            templates=[each for each in titles if self._offers[each[0]].source],
            recalculates=self._recalculates,
            most=self._bounds.upload_bytes,
            privacy=self._say_privacy(request),
        )
        response = HTMLResponse(page)
        if request.query_params.get("lang") in LANGUAGES:
            _set_cookie(response, request, _LANGUAGE, request.query_params["lang"])
        return response

    async def submit(self, request: Request) -> Response:
        """Workbooks come in; the answer says where their result will be."""
        owner = request.cookies.get(_OWNER) or secrets.token_urlsafe(18)
        job = self.desk.open_job(owner)
        try:
            fields = await self._receive(request, job)
            self.desk.begin(job, self._make_order(request, job, fields))
        except BaseException:  # raised again: a visitor who goes away, too, leaves no file behind
            await self.desk.remove(job)
            raise
        if before := self.desk.find(fields.get("thay", ""), owner):
            await self.desk.remove(before)
        where = f"ket-qua/{job.id}/"
        response = JSONResponse({"go": where}) if _wants_json(request) else RedirectResponse(where, 303)
        _set_cookie(response, request, _OWNER, owner)
        return response

    async def _receive(self, request: Request, job: Job) -> dict[str, str]:
        """Take the workbooks of a form into a job; returns its other fields."""
        try:
            form = await receive_form(
                request.headers.get("content-type", ""),
                request.stream(),
                job.workbooks,
                self._bounds,
                lambda size: self.desk.count(job, size),
            )
        except OSError as error:
            message = N_("ổ đĩa của máy chạy trang này không nhận thêm được ({why}); hãy dọn bớt chỗ rồi gửi lại")
            raise RefusedError(507, "disk-full", message, why=say_reason(error)) from error
        if not form.files:
            raise RefusedError(400, "no-file", N_("chưa chọn sổ nào; hãy chọn tệp rồi bấm «Đánh giá»"))
        job.names = form.files
        return form.fields

    def _make_order(self, request: Request, job: Job, fields: Mapping[str, str]) -> Order:
        chosen = fields.get("bo-quy-tac") or next(iter(self._offers))
        if chosen not in self._offers:
            raise RefusedError(
                400, "unknown-choice", N_("không có bộ quy tắc «{key}» ở đây; hãy chọn lại"), key=chosen[:80]
            )
        typed = fields.get("ngay", "")
        try:
            as_of = read_date(typed).isoformat() if typed else ""
        except Unreadable:
            message = N_("«{value}» không phải ngày; hãy chọn lại ngày số liệu, ví dụ 29/5/2024")
            raise RefusedError(400, "not-a-date", message, value=typed[:40]) from None
        return Order(
            id=job.id,
            folder=str(job.workbooks),
            out=str(job.folder / f"out-{job.runs + 1}"),
            names=job.names,
            units=self._settings.units,
            rules=self._offers[chosen].source,
            as_of=as_of,
            recalculate=bool(fields.get("tinh-lai")) and self._recalculates,
            language=current_language(),
            offers=[(key, offer.title) for key, offer in self._offers.items()],
            chosen=chosen,
            recalculates=self._recalculates,
            privacy=self._say_privacy(request),
            most=self._bounds.upload_bytes,
            memory=self._bounds.memory,
            template=self._settings.template,
        )

    def _say_privacy(self, request: Request) -> str:
        minutes = round(self._bounds.keep_seconds / 60)
        name = request.url.hostname or ""
        if name in LOCAL or f"[{name}]" in LOCAL:
            return say("privacy-here", minutes=minutes)
        return say("privacy-there", host=name, minutes=minutes)

    # --- one job ---

    def _find(self, request: Request) -> Job:
        job = self.desk.find(request.path_params["id"], request.cookies.get(_OWNER, ""))
        if job is None:
            raise HTTPException(404)
        return job

    async def show(self, request: Request) -> Response:
        """The result, or how far it is."""
        job = self._find(request)
        if job.state == "done":
            return FileResponse(job.out / PAGE, media_type="text/html")
        if job.state == "failed":
            return HTMLResponse(self._render_failed(job))
        page = render(
            "wait.html",
            root="../../",
            names=job.names[:_SHOWN_NAMES],
            more=max(len(job.names) - _SHOWN_NAMES, 0),
            done=job.done,
            total=len(job.names),
            version=job.version,
            status=self._say_status(job),
        )
        return HTMLResponse(page)

    def _render_failed(self, job: Job) -> str:
        trouble, order = job.trouble, job.order
        assert trouble is not None
        assert order is not None
        if trouble.kind == "time":
            texts = [say("failed-time", seconds=round(self.desk.limit(job)))]
        elif trouble.kind == "memory":
            texts = [say("failed-memory")]
        else:
            texts = [say("mistake"), say("mistake-send", id=trouble.id)]
        return render("failed.html", texts=texts, order=order)

    def _say_status(self, job: Job) -> str:
        if job.state == "waiting":
            ahead = self.desk.count_ahead(job)
            return say("wait-turn", count=ahead) if ahead else say("wait-next")
        if len(job.names) > 1:
            return say("wait-many", done=job.done, total=len(job.names))
        return say("wait-one")

    async def tell(self, request: Request) -> Response:
        """News of a job for the page that waits: at once where there is some, else when there is, or after a while."""
        job = self._find(request)
        async with self.desk.watch(job):
            if str(job.version) == request.query_params.get("co", "") and job.state not in FINISHED:
                await _first_of(_POLL, job.news.wait(), _until_gone(request))
        return JSONResponse(
            {
                "version": job.version,
                "finished": job.state in FINISHED,
                "status": self._say_status(job),
                "done": job.done,
                "total": len(job.names),
            }
        )

    async def evaluate_anew(self, request: Request) -> Response:
        """The same workbooks, by other choices or in another language."""
        job = self._find(request)
        fields = await receive_fields(request.stream())
        code = fields.get("lang", "")
        with language(code if code in LANGUAGES else current_language()):
            self.desk.begin(job, self._make_order(request, job, fields))
        response = RedirectResponse("./", 303)
        if code in LANGUAGES:
            _set_cookie(response, request, _LANGUAGE, code)
        return response

    async def remove(self, request: Request) -> Response:
        """Stop and remove a job, because its owner says so."""
        job = self._find(request)
        fields = await receive_fields(request.stream())
        await self.desk.remove(job)
        return RedirectResponse(f"../../?vi={'dung' if fields.get('vi') == 'dung' else 'xoa'}", 303)

    async def download(self, request: Request) -> Response:
        """A file that the evaluation made, under the name of the workbook."""
        job = self._find(request)
        if job.state != "done":
            raise HTTPException(404)
        contents = json.loads((job.out / CONTENTS).read_text("utf-8"))
        name = contents.get(request.path_params["name"])
        if name is None:
            raise HTTPException(404)
        return FileResponse(job.out / name, headers=_name_download(name))

    async def template(self, request: Request) -> Response:
        """An empty workbook to fill."""
        offer = self._offers.get(request.path_params["key"])
        if offer is None or not offer.source:
            raise HTTPException(404)
        drawn = await asyncio.to_thread(draw_template, offer.source, current_language())
        media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return Response(drawn, headers=_name_download(f"{offer.key}.xlsx"), media_type=media_type)

    # --- what goes wrong ---

    async def say_mistake(self, request: Request, error: Exception) -> Response:
        """A mistake of ours: an id to tell us by, and the details to whoever runs the server."""
        import traceback  # noqa: PLC0415 (where it is needed, time does not count)

        id_ = secrets.token_hex(4)
        self._report(id_, "".join(traceback.format_exception(error)))
        return _note(request.url.path, 500, say("failed"), say("mistake"), say("mistake-send", id=id_))


def _note(path: str, status: int, heading: str, *texts: str) -> HTMLResponse:
    root = "../" * min(path.count("/") - 1, 20)  # never absolute: a proxy may show the page under another path
    return HTMLResponse(render("note.html", root=root, heading=heading, texts=texts), status)


def _answer_refused(error: RefusedError, path: str) -> HTMLResponse:
    return _note(path, error.status, say("refused-request"), capital(str(error)))


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    if _wants_json(request):
        return JSONResponse({"message": capital(str(error))}, error.status)
    return _answer_refused(error, request.url.path)


async def _say_missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if _wants_json(request):
        return JSONResponse({"message": say("not-found-why")}, error.status_code)
    return _note(request.url.path, error.status_code, say("not-found"), say("not-found-why"))


async def _nobody_listens(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)


def _wants_json(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("application/json")


def _set_cookie(response: Response, request: Request, name: str, value: str) -> None:
    secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https:")
    response.set_cookie(name, value, httponly=True, samesite="strict", secure=secure)


def _name_download(name: str) -> dict[str, str]:
    """Save under this name: with all its marks where the browser knows RFC 5987, as every browser in use does."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    return {"content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _first_of(seconds: float, *waits: Awaitable[object]) -> None:
    """Wait until the first of these is over, or for so long."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
