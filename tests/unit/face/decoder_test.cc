#include "src/face/decoder.h"

#include <gtest/gtest.h>
#include <jpeglib.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "src/face/image_header.h"
#include "src/face/jpeg.h"
#include "src/face/png.h"
#include "src/face/webp.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/face/face_fixtures.h"

namespace entryexit::face {
namespace {

using core::Reason;
using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using testing::Encode;

// 64 x 48, different in each corner.
cv::Mat Corners() {
  cv::Mat picture(48, 64, CV_8UC3, cv::Scalar(128, 128, 128));
  picture(cv::Rect(0, 0, 24, 24)) = cv::Scalar(255, 0, 0);
  picture(cv::Rect(40, 0, 24, 24)) = cv::Scalar(0, 255, 0);
  picture(cv::Rect(0, 24, 24, 24)) = cv::Scalar(0, 0, 255);
  return picture;
}

std::string BigEndian(uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

std::string EncodeProgressively(const cv::Mat& picture) {
  std::vector<uchar> jpeg;
  cv::imencode(".jpg", picture, jpeg, {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
  return {jpeg.begin(), jpeg.end()};
}

// OpenCV writes no such JPEG.
std::string EncodeCmyk(cv::Mat cmyk) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_width = static_cast<JDIMENSION>(cmyk.cols);
  jpeg.image_height = static_cast<JDIMENSION>(cmyk.rows);
  jpeg.input_components = 4;
  jpeg.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  for (int row = 0; row < cmyk.rows; ++row) {
    JSAMPROW pixels = cmyk.ptr(row);
    jpeg_write_scanlines(&jpeg, &pixels, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string encoded(reinterpret_cast<const char*>(bytes), size);
  jpeg_destroy_compress(&jpeg);
  std::free(bytes);
  return encoded;
}

std::string LittleEndian(uint32_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

// EXIF with one entry, in either order of bytes.
std::string Exif(uint16_t orientation) {
  return std::string("MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01", 18) +
         BigEndian(orientation, 2) + std::string(6, '\0');
}

std::string LittleEndianExif(uint16_t orientation) {
  return std::string("II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18) +
         LittleEndian(orientation, 2) + std::string(6, '\0');
}

std::string JpegWithExif(const std::string& jpeg, const std::string& exif) {
  const std::string body = std::string("Exif\0\0", 6) + exif;
  return jpeg.substr(0, 2) + "\xFF\xE1" + BigEndian(static_cast<uint32_t>(body.size() + 2), 2) +
         body + jpeg.substr(2);
}

std::string PngChunk(const std::string& type, const std::string& body) {
  const std::string checked = type + body;
  const uLong checksum =
      crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  return BigEndian(static_cast<uint32_t>(body.size()), 4) + checked +
         BigEndian(static_cast<uint32_t>(checksum), 4);
}

// `chunks` right behind the header chunk.
std::string WithPngChunks(std::string png, const std::string& chunks) {
  return png.insert(33, chunks);
}

std::string WebpChunk(const std::string& type, const std::string& body) {
  return type + LittleEndian(static_cast<uint32_t>(body.size()), 4) + body +
         std::string(body.size() % 2, '\0');
}

// A file of one chunk in the extended form, with the EXIF behind the picture.
std::string WebpWithExif(const std::string& webp, const cv::Size& size, const std::string& exif) {
  constexpr char kHasExif = 0x08;
  const std::string header = std::string(1, kHasExif) + std::string(3, '\0') +
                             LittleEndian(static_cast<uint32_t>(size.width - 1), 3) +
                             LittleEndian(static_cast<uint32_t>(size.height - 1), 3);
  const std::string chunks =
      "WEBP" + WebpChunk("VP8X", header) + webp.substr(12) + WebpChunk("EXIF", exif);
  return "RIFF" + LittleEndian(static_cast<uint32_t>(chunks.size()), 4) + chunks;
}

// Less than the 8 MB at which libpng itself would refuse it.
std::string TextThatInflatesTo7Megabytes() {
  const std::string text(7'000'000, 'A');
  std::string deflated(compressBound(text.size()), '\0');
  uLongf size = deflated.size();
  compress(reinterpret_cast<Bytef*>(deflated.data()), &size,
           reinterpret_cast<const Bytef*>(text.data()), text.size());
  return PngChunk("zTXt", std::string("k\0\0", 3) + deflated.substr(0, size));
}

// The most memory that the process has used since the last ForgetPeakMemory.
long PeakMemoryKilobytes() {
  const std::string status = ::entryexit::testing::ReadAll("/proc/self/status");
  return std::stol(status.substr(status.find("VmHWM:") + 6));
}

void ForgetPeakMemory() { std::ofstream("/proc/self/clear_refs") << "5"; }

// A well-formed PNG header, one pixel of data and the end mark: no such picture is behind it.
std::string PngThatSays(uint32_t width, uint32_t height) {
  std::string png = Encode(".png", cv::Mat(1, 1, CV_8UC3, cv::Scalar(0, 0, 0)));
  png.replace(16, 8, BigEndian(width, 4) + BigEndian(height, 4));
  return png;
}

std::string JpegThatSays(uint16_t width, uint16_t height) {
  std::string jpeg = Encode(".jpg", Corners());
  const size_t frame = jpeg.find("\xFF\xC0");
  jpeg.replace(frame + 5, 4, BigEndian(height, 2) + BigEndian(width, 2));
  return jpeg;
}

TEST(DecodeImage, ReadsEachFormat) {
  for (const std::string extension : {".jpg", ".png", ".webp"}) {
    const auto picture = DecodeImage(Encode(extension, Corners()), ImageLimits());
    ASSERT_THAT(picture, IsOk()) << extension;
    EXPECT_EQ(picture->size(), cv::Size(64, 48)) << extension;
    EXPECT_EQ(picture->type(), CV_8UC3) << extension;
  }
}

TEST(DecodeImage, RefusesFormatsThatAreSwitchedOff) {
  const ImageLimits none{.accept_jpeg = false, .accept_png = false, .accept_webp = false};
  for (const std::string extension : {".jpg", ".png", ".webp"}) {
    EXPECT_THAT(DecodeImage(Encode(extension, Corners()), none),
                FailsWith(Reason::kImageUnsupportedFormat));
  }
}

TEST(DecodeImage, TurnsByExifOrientation) {
  const cv::Mat upright = Corners();
  // What a camera held so stores, by EXIF's value: undone by the decoder.
  const auto stored = [&upright](int orientation) {
    cv::Mat picture = upright.clone();
    if (orientation >= 5) cv::transpose(picture, picture);
    if (orientation == 2 || orientation == 8) cv::flip(picture, picture, 1);
    if (orientation == 4 || orientation == 6) cv::flip(picture, picture, 0);
    if (orientation == 3 || orientation == 7) cv::flip(picture, picture, -1);
    return picture;
  };
  // 6 and 8 are quarter turns, so their stored forms are each other's inverse.
  for (uint16_t orientation = 1; orientation <= 8; ++orientation) {
    const cv::Mat picture = stored(orientation);
    const std::string webp = Encode(".webp", picture);
    const std::string jpeg_exif = std::string("Exif\0\0", 6) + Exif(orientation);
    for (const std::string& bytes :
         {JpegWithExif(Encode(".jpg", picture), Exif(orientation)),
          WithPngChunks(Encode(".png", picture), PngChunk("eXIf", Exif(orientation))),
          WebpWithExif(webp, picture.size(), Exif(orientation)),
          WebpWithExif(webp, picture.size(), LittleEndianExif(orientation)),
          WebpWithExif(webp, picture.size(), jpeg_exif)}) {
      const auto decoded = DecodeImage(bytes, ImageLimits());
      ASSERT_THAT(decoded, IsOk()) << orientation;
      ASSERT_EQ(decoded->size(), upright.size()) << orientation << bytes.substr(0, 4);
      EXPECT_LT(cv::norm(*decoded, upright, cv::NORM_L1) / static_cast<double>(upright.total()), 20)
          << orientation << bytes.substr(0, 4);
    }
  }
}

TEST(DecodeImage, TakesAWebpWithMalformedExifAsUpright) {
  const std::string webp = Encode(".webp", Corners());
  for (const std::string& exif :
       {std::string(), std::string("MM"), Exif(0), Exif(9), Exif(6).substr(0, 15),
        std::string("MM\0\x2A\xFF\xFF\xFF\xFF\0\x01", 10)}) {
    const auto picture = DecodeImage(WebpWithExif(webp, Corners().size(), exif), ImageLimits());
    ASSERT_THAT(picture, IsOk());
    EXPECT_EQ(cv::norm(*picture, Corners(), cv::NORM_INF), 0);
  }
}

TEST(DecodeImage, ReadsUnusualPixelLayouts) {
  cv::Mat gray;
  cv::cvtColor(Corners(), gray, cv::COLOR_BGR2GRAY);
  cv::Mat alpha;
  cv::cvtColor(Corners(), alpha, cv::COLOR_BGR2BGRA);
  cv::Mat deep;
  Corners().convertTo(deep, CV_16UC3, 257);
  for (const std::string& bytes :
       {Encode(".jpg", gray), Encode(".png", gray), Encode(".png", alpha), Encode(".png", deep)}) {
    const auto picture = DecodeImage(bytes, ImageLimits());
    ASSERT_THAT(picture, IsOk());
    EXPECT_EQ(picture->type(), CV_8UC3);
    EXPECT_EQ(picture->size(), cv::Size(64, 48));
  }
}

// Templates must not depend on who asks the formats' libraries for the pixels.
TEST(DecodeImage, GivesThePixelsOfOpencv) {
  const cv::Mat capture = testing::DecodePlainly(testing::Capture("id_021/arrival_1.jpg"));
  cv::Mat gray;
  cv::cvtColor(capture, gray, cv::COLOR_BGR2GRAY);
  cv::Mat alpha;
  cv::cvtColor(capture, alpha, cv::COLOR_BGR2BGRA);
  // A background would show through.
  alpha.forEach<cv::Vec4b>(
      [](cv::Vec4b& pixel, const int* at) { pixel[3] = static_cast<uchar>(at[1]); });
  for (const std::string& bytes :
       {testing::Capture("id_021/arrival_1.jpg"), Encode(".jpg", capture(cv::Rect(0, 0, 333, 77))),
        Encode(".jpg", capture(cv::Rect(0, 0, 1, 1))), Encode(".jpg", gray),
        EncodeProgressively(capture), EncodeCmyk(alpha), Encode(".png", capture),
        Encode(".png", gray), Encode(".png", gray > 100), Encode(".png", alpha),
        Encode(".webp", capture), Encode(".webp", alpha)}) {
    const auto picture = DecodeImage(bytes, ImageLimits());
    ASSERT_THAT(picture, IsOk());
    const cv::Mat expected = testing::DecodePlainly(bytes);
    ASSERT_EQ(picture->size(), expected.size());
    // OpenCV shifts where inks are to be divided.
    const double rounding = bytes.find("Adobe") < 20 ? 2 : 0;
    EXPECT_LE(cv::norm(*picture, expected, cv::NORM_INF), rounding) << expected.size();
  }
}

TEST(DecodeImage, TakesADeepPngForTheSameColours) {
  cv::Mat deep;
  Corners().convertTo(deep, CV_16UC3, 257);
  const auto picture = DecodeImage(Encode(".png", deep), ImageLimits());
  ASSERT_THAT(picture, IsOk());
  EXPECT_EQ(cv::norm(*picture, Corners(), cv::NORM_INF), 0);
  deep = cv::Scalar::all(0x12FF);  // nearer to 0x13 than to 0x12
  const auto rounded = DecodeImage(Encode(".png", deep), ImageLimits());
  ASSERT_THAT(rounded, IsOk());
  EXPECT_EQ(cv::mean(*rounded), cv::Scalar(0x13, 0x13, 0x13));
}

TEST(DecodeImage, ReadsAJpegInCmyk) {
  std::string jpeg = EncodeCmyk(cv::Mat(48, 64, CV_8UC4, cv::Scalar(255, 255, 0, 255)));
  for (const auto& [orientation, size] :
       {std::pair(1, cv::Size(64, 48)), std::pair(6, cv::Size(48, 64))}) {
    const auto picture =
        DecodeImage(JpegWithExif(jpeg, Exif(static_cast<uint16_t>(orientation))), ImageLimits());
    ASSERT_THAT(picture, IsOk());
    ASSERT_EQ(picture->size(), size);
    EXPECT_EQ(cv::mean(*picture), cv::Scalar(0, 255, 255));
  }
}

// Found by fuzzing: a WebP that its library refuses, with the mark of a medical picture where such
// a file has one. A decoder that tries other formats takes gigabytes for what stands behind it.
TEST(DecodeImage, NeverTakesAPictureForAnotherFormat) {
  const std::string webp =
      ::entryexit::testing::ReadAll(ENTRYEXIT_SOURCE_DIR "/tests/fuzz/corpus/image/medical.webp");
  ForgetPeakMemory();
  const long before = PeakMemoryKilobytes();
  EXPECT_THAT(DecodeImage(webp, ImageLimits()), FailsWith(Reason::kImageCorrupt));
  EXPECT_LT(PeakMemoryKilobytes() - before, 50'000);
}

TEST(DecodeImage, RefusesTooManyPixelsByTheHeaderAlone) {
  for (const std::string& bytes : {PngThatSays(10'000, 10'000), PngThatSays(0xFFFFFFFF, 0xFFFFFFFF),
                                   JpegThatSays(65'000, 65'000)}) {
    EXPECT_THAT(DecodeImage(bytes, ImageLimits()), FailsWith(Reason::kImageTooManyPixels));
  }
  const ImageLimits tight{.max_pixels = 64 * 48 - 1};
  for (const std::string extension : {".jpg", ".png", ".webp"}) {
    EXPECT_THAT(DecodeImage(Encode(extension, Corners()), tight),
                FailsWith(Reason::kImageTooManyPixels))
        << extension;
  }
}

// Such a decoder needs two to three times the memory for the same picture.
TEST(DecodeImage, AcceptsHalfAsManyPixelsOfWhatADecoderHoldsTwice) {
  const std::string progressive = EncodeProgressively(Corners());
  const std::string webp = Encode(".webp", Corners());
  for (const std::string& bytes : {progressive, webp}) {
    EXPECT_THAT(DecodeImage(bytes, ImageLimits{.max_pixels = 2UL * 64 * 48}), IsOk());
    EXPECT_THAT(DecodeImage(bytes, ImageLimits{.max_pixels = 2UL * 64 * 48 - 1}),
                FailsWith(Reason::kImageTooManyPixels));
  }
  for (const std::string extension : {".jpg", ".png"}) {
    EXPECT_THAT(DecodeImage(Encode(extension, Corners()), ImageLimits{.max_pixels = 64UL * 48}),
                IsOk());
  }
}

TEST(ReadImageHeader, KnowsASequentialJpegInSeveralScans) {
  std::string jpeg = Encode(".jpg", Corners());
  EXPECT_FALSE(ReadImageHeader(jpeg)->held_twice);
  jpeg[jpeg.find("\xFF\xDA") + 4] = 1;  // components in its scan; the frame has 3
  EXPECT_TRUE(ReadImageHeader(jpeg)->held_twice);
}

// The decoder goes by the first frame header; one behind the picture must not hide its size.
TEST(DecodeImage, RefusesAJpegWithTwoFrameHeaders) {
  std::string jpeg = JpegThatSays(9000, 9000);
  const size_t frame = jpeg.find("\xFF\xC0");
  const std::string small = JpegThatSays(64, 48).substr(frame, 19);
  jpeg.insert(jpeg.size() - 2, small);
  EXPECT_THAT(DecodeImage(jpeg, ImageLimits()), FailsWith(Reason::kImageCorrupt));
}

// The encoder's last scan again and again: well-formed, and each costs the decoder a whole pass.
TEST(DecodeImage, RefusesAJpegOfManyScans) {
  const std::string jpeg = EncodeProgressively(Corners());
  const size_t last_scan = jpeg.rfind("\xFF\xDA");
  const std::string scan = jpeg.substr(last_scan, jpeg.size() - 2 - last_scan);
  int scans = 0;
  for (size_t at = jpeg.find("\xFF\xDA"); at != std::string::npos;
       at = jpeg.find("\xFF\xDA", at + 1)) {
    ++scans;
  }
  std::string many = jpeg;
  for (; scans < 64; ++scans) many.insert(last_scan, scan);
  EXPECT_THAT(DecodeImage(many, ImageLimits()), IsOk());
  many.insert(last_scan, scan);
  EXPECT_THAT(DecodeImage(many, ImageLimits()), FailsWith(Reason::kImageCorrupt));
}

// A decoder skips a restart mark before the picture and reads on behind it, where we would take a
// segment, and find the harmless picture behind that.
TEST(DecodeImage, RefusesAJpegThatHidesAnotherBehindAMarkWithoutASegment) {
  const std::string hidden = EncodeProgressively(Corners()).substr(2);
  const std::string shown = Encode(".jpg", Corners()).substr(2);
  for (const char mark : {'\xD0', '\xD7', '\xD8', '\x01', '\x00'}) {
    std::string jpeg = "\xFF\xD8\xFF";
    jpeg += mark;
    jpeg += static_cast<char>((hidden.size() + 2) >> 8);
    jpeg += static_cast<char>((hidden.size() + 2) & 0xFF);
    jpeg += hidden + shown;
    EXPECT_THAT(DecodeImage(jpeg, ImageLimits()), FailsWith(Reason::kImageCorrupt));
  }
}

TEST(DecodeJpeg, ReadsNothingThatIsNotAsItsHeaderWasRead) {
  const std::string progressive = EncodeProgressively(Corners());
  ImageHeader header = *ReadImageHeader(progressive);
  EXPECT_FALSE(DecodeJpeg(progressive, header).empty());
  header.held_twice = false;
  EXPECT_TRUE(DecodeJpeg(progressive, header).empty());
}

TEST(Decoders, ReadNoPictureOfAnotherSizeThanItsHeaderSaid) {
  const auto decoded = [](const std::string& extension, uint64_t width) {
    const std::string bytes = Encode(extension, Corners());
    ImageHeader header = *ReadImageHeader(bytes);
    header.width = width;
    if (extension == ".jpg") return DecodeJpeg(bytes, header);
    return extension == ".png" ? DecodePng(bytes, header) : DecodeWebp(bytes, header);
  };
  for (const std::string extension : {".jpg", ".png", ".webp"}) {
    EXPECT_FALSE(decoded(extension, 64).empty()) << extension;
    EXPECT_TRUE(decoded(extension, 63).empty()) << extension;
  }
}

TEST(DecodeImage, DoesNotInflateTheTextsOfAPng) {
  std::string texts;
  for (int i = 0; i < 40; ++i) texts += TextThatInflatesTo7Megabytes();
  const std::string png = Encode(".png", Corners());
  const std::string bomb = WithPngChunks(png, texts);
  ForgetPeakMemory();
  const long before = PeakMemoryKilobytes();
  const auto picture = DecodeImage(bomb, ImageLimits());
  ASSERT_THAT(picture, IsOk());
  EXPECT_LT(PeakMemoryKilobytes() - before, 50'000);
  EXPECT_EQ(cv::norm(*picture, Corners(), cv::NORM_INF), 0);
}

TEST(DecodeImage, RefusesAPngChunkThatItMustKnowButDoesNot) {
  const std::string png = WithPngChunks(Encode(".png", Corners()), PngChunk("ABCD", "x"));
  EXPECT_THAT(DecodeImage(png, ImageLimits()), FailsWith(Reason::kImageCorrupt));
}

TEST(PictureChunks, KeepsWhatThePictureNeedsOnly) {
  const std::string png = Encode(".png", Corners());
  EXPECT_EQ(PictureChunks(png), png);
  const std::string needed = WithPngChunks(png, PngChunk("PLTE", "xyz"));
  EXPECT_EQ(PictureChunks(needed), needed);
  for (const std::string type : {"zTXt", "iTXt", "tEXt", "iCCP", "sPLT", "eXIf", "tRNS", "xyZt"}) {
    EXPECT_EQ(PictureChunks(WithPngChunks(png, PngChunk(type, "x"))), png) << type;
  }
}

TEST(DecodeImage, RefusesTooManyBytesBeforeLookingAtThem) {
  const ImageLimits limits{.max_image_bytes = 100};
  EXPECT_THAT(DecodeImage(std::string(101, 'x'), limits), FailsWith(Reason::kImageTooLarge));
  EXPECT_THAT(DecodeImage(std::string(100, 'x'), limits),
              FailsWith(Reason::kImageUnsupportedFormat));
}

TEST(DecodeImage, FindsATruncationWhereverItIs) {
  for (const std::string extension : {".jpg", ".png", ".webp"}) {
    const std::string whole = Encode(extension, Corners());
    for (size_t size = 16; size < whole.size(); size += 7) {
      EXPECT_THAT(DecodeImage(std::string_view(whole).substr(0, size), ImageLimits()),
                  FailsWith(Reason::kImageCorrupt))
          << extension << " cut after " << size << " of " << whole.size();
    }
  }
}

TEST(DecodeImage, RefusesWhatIsNoImage) {
  EXPECT_THAT(DecodeImage("", ImageLimits()), FailsWith(Reason::kImageEmpty));
  EXPECT_THAT(DecodeImage("Dear officer,", ImageLimits()),
              FailsWith(Reason::kImageUnsupportedFormat));
  EXPECT_THAT(DecodeImage("GIF89a...", ImageLimits()), FailsWith(Reason::kImageUnsupportedFormat));
}

TEST(DecodeImage, SurvivesGarbageAfterEachMagic) {
  cv::RNG random(11);
  const std::array<std::string, 3> magics{"\xFF\xD8\xFF", "\x89PNG\r\n\x1A\n",
                                          std::string("RIFF\x40\0\0\0WEBPVP8 ", 16)};
  for (const std::string& magic : magics) {
    for (int i = 0; i < 200; ++i) {
      std::string bytes = magic;
      for (int k = random.uniform(0, 200); k > 0; --k) {
        bytes += static_cast<char>(random.uniform(0, 256));
      }
      EXPECT_FALSE(DecodeImage(bytes, ImageLimits()).ok());
    }
  }
}

TEST(DecodeImage, SurvivesDamagedFiles) {
  cv::RNG random(13);
  for (const std::string extension : {".jpg", ".png", ".webp"}) {
    const std::string whole = Encode(extension, Corners());
    for (int i = 0; i < 200; ++i) {
      std::string bytes = whole;
      for (int k = 0; k < 5; ++k) {
        bytes[static_cast<size_t>(random.uniform(0, static_cast<int>(bytes.size())))] =
            static_cast<char>(random.uniform(0, 256));
      }
      const auto picture = DecodeImage(bytes, ImageLimits{.max_pixels = 1'000'000});
      if (picture.ok()) {
        EXPECT_LE(picture->total(), 1'000'000);
      }
    }
  }
}

TEST(DecodeImage, IgnoresBytesAfterTheEndOfAJpeg) {
  EXPECT_THAT(DecodeImage(Encode(".jpg", Corners()) + "trailer", ImageLimits()), IsOk());
}

}  // namespace
}  // namespace entryexit::face
