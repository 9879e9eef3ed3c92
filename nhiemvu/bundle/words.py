"""What the folder says: the texts that its commands type, and the guide."""

from __future__ import annotations

from nhiemvu.messages import N_

# The files of noi-dung/, which the commands type: they are ASCII themselves.
TEXTS = {
    "thieu-python.txt": N_(
        "Máy này chưa có Python {versions} (bản 64 bit). Hãy nhờ người quản trị cài Python từ python.org hoặc "
        "Microsoft Store (không cần quyền quản trị nếu chọn cài cho riêng mình), rồi mở lại danh-gia.cmd."
    ),
    "dang-cai.txt": N_("Lần đầu chạy trên máy này: đang cài chương trình từ thư mục wheels, không cần mạng. Xin đợi…"),
    "da-cai.txt": N_("Đã cài xong."),
    "chua-cai-duoc.txt": N_(
        "Chưa cài được; lý do ở ngay phía trên. Hãy xem ổ đĩa còn chỗ không và thư mục wheels có đủ không (giải nén "
        "hết tệp .zip trước khi mở), rồi mở lại danh-gia.cmd."
    ),
}

WORDS = {
    "title": N_("Đánh giá nhiệm vụ trọng tâm bằng một lần bấm đúp"),
    "lead": N_("Chương trình chạy ngay trên máy này, không cần mạng, không gửi gì ra ngoài."),
    "before": N_("Trước khi dùng"),
    "unpack": N_(
        "Nếu nhận được tệp .zip: bấm chuột phải, chọn Giải nén tất cả (Extract All). Đừng mở từ trong tệp .zip."
    ),
    "python": N_("Máy cần có Python {versions} (64 bit), cài một lần từ python.org hoặc Microsoft Store."),
    "first": N_(
        "Bấm đúp danh-gia.cmd. Lần đầu chương trình tự cài từ thư mục wheels, vào thư mục riêng của người dùng. Nếu "
        "Windows hỏi có chạy tệp lạ không, hãy hỏi người đã gửi thư mục này trước khi chọn Vẫn chạy (Run anyway)."
    ),
    "ways": N_("Hai cách dùng"),
    "drop": N_("Thả sổ vào danh-gia.cmd"),
    "drop-do": N_(
        "Lưu sổ, đóng Excel, kéo tệp sổ (một hay nhiều tệp) thả lên biểu tượng danh-gia.cmd. Chương trình ghi thêm hai "
        "trang Đánh giá và Sai lệch vào chính sổ ấy, rồi mở sổ ra. Các phần khác của sổ giữ nguyên."
    ),
    "page": N_("Bấm đúp danh-gia.cmd để mở trang"),
    "page-do": N_(
        "Trình duyệt mở một trang trên máy này. Thả sổ vào trang, xem kết luận, chỗ sai lệch và cách sửa; tải về sổ đã "
        "đánh giá và biểu đánh giá (Word). Chưa có sổ thì tải sổ mẫu trống ngay ở trang đầu. Xong việc thì đóng cửa sổ "
        "đen."
    ),
    "picture-page": N_("Trang trên trình duyệt sau khi thả sổ vào"),
    "read": N_("Đọc kết quả"),
    "picture-evaluation": N_("Trang Đánh giá: mỗi tiêu chí một hàng"),
    "picture-discrepancies": N_("Trang Sai lệch: ô nào nói khác, việc cần làm"),
    "unknown": N_(
        "«Thiếu số liệu» nghĩa là ô còn trống hoặc không đọc được, không phải «Chưa đạt». Điền hoặc sửa ô ấy, lưu, "
        "đánh giá lại. Đánh giá bao nhiêu lần cũng được."
    ),
    "trouble": N_("Khi chưa được"),
    "trouble-open": N_("Cửa sổ đen nói sổ đang mở: đóng Excel rồi thả lại."),
    "trouble-again": N_("Muốn cài lại từ đầu: bấm đúp cai-dat.cmd."),
    "rules": N_("Bộ quy tắc trong thư mục này"),
    "rules-own": N_("Sau khi sửa tệp quy tắc trong thư mục quy-tac, bấm đúp cai-dat.cmd để chương trình nhận bản mới."),
    "made": N_("Thư mục do nhiemvu {version} tạo ra."),
}
