#include "jpeg.h"

#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>

namespace entryexit::face {
namespace {

// libjpeg reports an error by a function that must not return to it.
struct JpegErrors {
  jpeg_error_mgr base;  // first: libjpeg hands out a pointer to it
  std::jmp_buf escape;
};

[[noreturn]] void Escape(j_common_ptr jpeg) {
  // An exception may not pass through a library of C.
  // NOLINTNEXTLINE(cert-err52-cpp)
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

  // Whether `pixels` holds the picture, in BGR or in the four colours of print.
  // Nothing that has a destructor may be made in here: an error jumps over it.
  bool Read(std::string_view bytes, const ImageHeader& header, cv::Mat& pixels) {
    if (setjmp(errors_.escape) != 0) return false;  // NOLINT(cert-err52-cpp): as above
    jpeg_create_decompress(&jpeg_);
    jpeg_.progress = &progress_;
    jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&jpeg_, TRUE);
    // What the header's reader judged must be what is decoded.
    if (jpeg_.image_width != header.width || jpeg_.image_height != header.height ||
        (jpeg_has_multiple_scans(&jpeg_) != FALSE && !header.held_twice)) {
      return false;
    }
    const bool in_print_colours =
        jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK;
    jpeg_.out_color_space = in_print_colours ? JCS_CMYK : JCS_EXT_BGR;
    jpeg_start_decompress(&jpeg_);
    pixels.create(static_cast<int>(header.height), static_cast<int>(header.width),
                  in_print_colours ? CV_8UC4 : CV_8UC3);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = pixels.ptr(static_cast<int>(jpeg_.output_scanline));
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_decompress(&jpeg_);
    return true;
  }

 private:
  jpeg_decompress_struct jpeg_{};
  jpeg_progress_mgr progress_{};
  JpegErrors errors_{};
};

// Programs that write such JPEGs store how little of each ink there is.
cv::Mat BgrOfPrintColours(const cv::Mat& cmyk) {
  cv::Mat bgr(cmyk.size(), CV_8UC3);
  cmyk.forEach<cv::Vec4b>([&bgr](const cv::Vec4b& inks, const int* at) {
    const auto light = [&inks](int ink) { return static_cast<uchar>(inks[ink] * inks[3] / 255); };
    bgr.at<cv::Vec3b>(at[0], at[1]) = {light(2), light(1), light(0)};
  });
  return bgr;
}

}  // namespace

cv::Mat DecodeJpeg(std::string_view bytes, const ImageHeader& header) {
  cv::Mat pixels;
  if (!JpegReader().Read(bytes, header, pixels)) return {};
  return pixels.channels() == 4 ? BgrOfPrintColours(pixels) : pixels;
}

}  // namespace entryexit::face
