"""What the pages say beside what an evaluation says; the templates know each text by its name."""

from __future__ import annotations

from nhiemvu.messages import N_

WORDS = {
    # every page
    "product": N_("Đánh giá nhiệm vụ trọng tâm"),
    "skip": N_("Đến nội dung chính"),
    "language": N_("Ngôn ngữ"),
    "to-start": N_("Về trang đầu"),
    # the first page
    "start": N_("Đánh giá sổ của đơn vị"),
    "lead": N_(
        "Chọn sổ Excel của đơn vị. Trang này cho biết ngay kết luận từng nhiệm vụ, chỗ sổ tự mâu thuẫn, chỗ còn thiếu "
        "số liệu và cách sửa, rồi trả lại chính sổ ấy kèm trang Đánh giá và trang Sai lệch."
    ),
    "drop": N_("Thả sổ vào đây, hoặc chọn tệp"),
    "choose": N_("Chọn tệp…"),
    "takes": N_(
        "Nhận sổ Excel (.xlsx, .xlsm, .xls, .xlsb) và OpenDocument (.ods). Nhiều sổ một lần, một thư mục hay một tệp "
        ".zip thì được bảng tổng hợp."
    ),
    "at-once": N_("Chọn xong là chương trình đánh giá ngay."),
    "options": N_("Bộ quy tắc và ngày số liệu"),
    "rules": N_("Bộ quy tắc"),
    "rules-auto": N_("Theo sổ: bộ mà sổ ghi, hoặc bộ duy nhất áp dụng cho kỳ của sổ"),
    "as-of": N_("Ngày số liệu"),
    "as-of-hint": N_("Ngày/tháng/năm. Để trống thì lấy ngày ghi trong sổ."),
    "recalculate": N_("Tính các công thức chưa có giá trị, trong một bản chép; sổ không đổi"),
    "evaluate": N_("Đánh giá"),
    "sending": N_("Đang gửi sổ: {percent}%"),
    "arrived": N_("Đã gửi xong, đang mở kết quả…"),
    "sending-bar": N_("Phần đã gửi"),
    "cancel-upload": N_("Thôi gửi"),
    "cancelled": N_("Đã thôi gửi; không giữ lại gì."),
    "too-large": N_("Các tệp đã chọn nặng {size} MB; mỗi lần nhận nhiều nhất {most} MB."),
    "no-answer": N_(
        "Không liên lạc được với chương trình. Nếu cửa sổ chạy chương trình đã đóng, hãy chạy lại rồi mở lại trang này."
    ),
    "no-workbook": N_("Chưa có sổ?"),
    "no-workbook-do": N_("Tải sổ mẫu trống theo bộ quy tắc, điền các ô nền vàng nhạt, lưu lại rồi thả vào trang này:"),
    "privacy-here": N_(
        "Mọi việc làm ngay trên máy này, không gửi gì ra ngoài. Sổ và kết quả được xóa khi bấm Xóa, sau {minutes} phút "
        "không ai xem, hoặc khi đóng chương trình."
    ),
    "privacy-there": N_(
        "Sổ được đánh giá trên máy chủ {host} và chỉ trình duyệt này xem được kết quả. Sổ và kết quả được xóa khi bấm "
        "Xóa, hoặc sau {minutes} phút không ai xem."
    ),
    "stopped": N_("Đã dừng, và đã xóa sổ khỏi nơi giữ tạm. Sổ gốc của đơn vị còn nguyên."),
    "removed": N_("Đã xóa sổ và kết quả khỏi nơi giữ tạm. Sổ gốc của đơn vị còn nguyên."),
    # while it works
    "wait": N_("Đang đánh giá"),
    "wait-bar": N_("Tiến độ"),
    "wait-turn": N_("Đang đợi đến lượt: còn {count} lượt phía trước."),
    "wait-next": N_("Sắp đến lượt."),
    "wait-one": N_("Đang đọc sổ và áp quy tắc…"),
    "wait-many": N_("Đã đánh giá {done}/{total} sổ…"),
    "and-more": N_("và {count} sổ nữa"),
    "reloads": N_("Trang tự tải lại hai giây một lần."),
    "stop": N_("Dừng lại"),
    # the result
    "downloads": N_("Tải về"),
    "get-workbook": N_("Tải sổ đã đánh giá"),
    "get-sheets": N_("Tải riêng hai trang kết quả"),
    "get-form": N_("Tải biểu đánh giá (Word)"),
    "unwritten": N_("Có tệp chưa ghi được như mong muốn:"),
    "unwritten-alone": N_("Chưa ghi được kết quả vào chính sổ; hai trang kết quả nằm ở một tệp riêng."),
    "summary": N_("Kết luận của {count} chỉ tiêu"),
    "jump-discrepancies": N_("{count} chỗ sai lệch"),
    "jump-problems": N_("{count} chỗ thiếu số liệu hoặc cần xem lại"),
    "declared-only": N_("{count}/{all} chỉ tiêu kết luận theo tự đánh giá, không có số liệu kèm theo"),
    "discrepancies": N_("Chỗ sổ tự mâu thuẫn hoặc khác quy tắc ({count})"),
    "notes": N_("Và {count} lưu ý nhỏ"),
    "says": N_("Sổ ghi"),
    "follows": N_("Tính ra"),
    "advice": N_("Việc cần làm"),
    "no-discrepancies": N_("Không có chỗ nào trong sổ mâu thuẫn với nhau hoặc với quy tắc."),
    "problems": N_("Số liệu thiếu, không đọc được hoặc cần xem lại ({count})"),
    "no-problems": N_("Mọi số liệu mà quy tắc cần đều có và đọc được."),
    "details": N_("Chi tiết từng nhóm"),
    "column-id": N_("Mã"),
    "column-name": N_("Nội dung"),
    "column-target": N_("Mục tiêu"),
    "column-result": N_("Kết quả"),
    "column-declared": N_("Tự đánh giá"),
    "column-verdict": N_("Kết luận"),
    "column-reason": N_("Lý do"),
    "column-cell": N_("Ô"),
    "differs": N_("khác kết luận"),
    "outlook": N_("Dự báo: {text}"),
    "found": N_("Đã đọc được trong sổ"),
    "found-table": N_("trang {sheets}, {count} hàng"),
    "anew": N_("Đánh giá lại"),
    "anew-mended": N_("Với sổ đã sửa, hoặc sổ khác"),
    "anew-choices": N_("Với lựa chọn khác"),
    "evaluate-anew": N_("Đánh giá lại"),
    "held": N_("Nơi giữ tạm"),
    "remove": N_("Xóa sổ và kết quả"),
    # the summary of many
    "summary-of": N_("Tổng hợp {count} đơn vị"),
    "get-summary": N_("Tải sổ tổng hợp"),
    "get-page": N_("Tải trang tổng hợp"),
    "recalculates-one": N_(
        "Công thức chưa có giá trị chỉ được tính khi đánh giá từng sổ; trong bảng tổng hợp chúng là thiếu số liệu."
    ),
    "failed-files": N_("Tệp chưa tính được ({count})"),
    "passed-over": N_("Và {count} tệp bỏ qua: bản sao, tệp không phải sổ"),
    "absent": N_("Đơn vị chưa có kết quả ({count})"),
    "tasks": N_("Số đơn vị theo kết luận, từng nhiệm vụ"),
    "units": N_("Từng đơn vị"),
    "to-mend": N_("{disagreeing} chỗ sai lệch, {lacking} chỗ thiếu số liệu hoặc cần xem lại"),
    "nothing-to-mend": N_("Không có chỗ nào phải sửa."),
    # what went wrong
    "refused": N_("Chưa đánh giá được «{file}»"),
    "refused-all": N_("Chưa tổng hợp được {count} tệp đã gửi"),
    "its-sheets": N_("Sổ có các trang: {sheets}."),
    "failed": N_("Chưa có kết quả"),
    "failed-time": N_(
        "Đã dừng vì quá {seconds} giây mà chưa xong. Sổ có thể quá lớn hoặc có nội dung bất thường; hãy chép các trang "
        "cần đánh giá sang một sổ mới rồi gửi lại."
    ),
    "failed-memory": N_(
        "Đã dừng vì sổ cần nhiều bộ nhớ quá mức cho phép. Hãy xóa các hàng, cột trống có định dạng, hoặc chép các "
        "trang cần đánh giá sang một sổ mới rồi gửi lại."
    ),
    "mistake": N_("Lỗi của chương trình, không phải của sổ. Sổ gốc của đơn vị còn nguyên."),
    "mistake-send": N_(
        "Hãy gửi cho người phát triển mã lỗi {id} cùng những gì cửa sổ chạy chương trình in ra với mã ấy; nếu được, "
        "kèm sổ đã dùng."
    ),
    "refused-request": N_("Yêu cầu không được nhận"),
    "not-found": N_("Không có trang này"),
    "not-found-why": N_(
        "Kết quả đã bị xóa, đã quá hạn giữ, hoặc thuộc về trình duyệt khác. Hãy về trang đầu và gửi lại sổ."
    ),
}
