#include "jpeg.h"

#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>

namespace entryexit::face {
namespace {

enum class JpegOutcome { kRead, kCorrupt, kOtherColours };

// libjpeg reports an error by a function that must not return to it.
struct JpegErrors {
  jpeg_error_mgr base;  // first: libjpeg hands out a pointer to it
  std::jmp_buf escape;
};

[[noreturn]] void Escape(j_common_ptr jpeg) {
  std::longjmp(reinterpret_cast<JpegErrors*>(jpeg->err)->escape, 1);
}

// Warnings are for slips that do not keep the picture from being read; by itself the library would
// print them.
void IgnoreWarning(j_common_ptr /*jpeg*/, int /*level*/) {}

void CountScans(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > kMaxJpegScans) Escape(jpeg);
}

class JpegReader {
 public:
  JpegReader() {
    jpeg_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = Escape;
    errors_.base.emit_message = IgnoreWarning;
    progress_.progress_monitor = CountScans;
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  // Nothing that has a destructor may be made in here: an error jumps over it.
  JpegOutcome Read(std::string_view bytes, const ImageHeader& header, cv::Mat& bgr) {
    if (setjmp(errors_.escape) != 0) return JpegOutcome::kCorrupt;
    jpeg_create_decompress(&jpeg_);
    jpeg_.progress = &progress_;
    jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&jpeg_, TRUE);
    // What the header's reader judged must be what is decoded.
    if (jpeg_.image_width != header.width || jpeg_.image_height != header.height ||
        (jpeg_has_multiple_scans(&jpeg_) != FALSE && !header.held_twice)) {
      return JpegOutcome::kCorrupt;
    }
    if (jpeg_.jpeg_color_space != JCS_YCbCr && jpeg_.jpeg_color_space != JCS_GRAYSCALE &&
        jpeg_.jpeg_color_space != JCS_RGB) {
      return JpegOutcome::kOtherColours;
    }
    jpeg_.out_color_space = JCS_EXT_BGR;
    jpeg_start_decompress(&jpeg_);
    bgr.create(static_cast<int>(header.height), static_cast<int>(header.width), CV_8UC3);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = bgr.ptr(static_cast<int>(jpeg_.output_scanline));
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_decompress(&jpeg_);
    return JpegOutcome::kRead;
  }

 private:
  jpeg_decompress_struct jpeg_{};
  jpeg_progress_mgr progress_{};
  JpegErrors errors_{};
};

}  // namespace

std::optional<cv::Mat> DecodeJpeg(std::string_view bytes, const ImageHeader& header) {
  cv::Mat bgr;
  JpegReader reader;
  switch (reader.Read(bytes, header, bgr)) {
    case JpegOutcome::kRead:
      return bgr;
    case JpegOutcome::kCorrupt:
      return cv::Mat();
    case JpegOutcome::kOtherColours:
      break;
  }
  return std::nullopt;
}

}  // namespace entryexit::face
