#include "src/face/decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "src/face/image_header.h"
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

std::string WithExifOrientation(const std::string& jpeg, uint16_t orientation) {
  const std::string tiff = std::string("MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01", 18) +
                           BigEndian(orientation, 2) + std::string(6, '\0');
  const std::string body = std::string("Exif\0\0", 6) + tiff;
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
    const auto picture = DecodeImage(
        WithExifOrientation(Encode(".jpg", stored(orientation)), orientation), ImageLimits());
    ASSERT_THAT(picture, IsOk()) << orientation;
    ASSERT_EQ(picture->size(), upright.size()) << orientation;
    EXPECT_LT(cv::norm(*picture, upright, cv::NORM_L1) / static_cast<double>(upright.total()), 20)
        << orientation;
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
  std::vector<uchar> encoded;
  cv::imencode(".jpg", Corners(), encoded, {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
  const std::string jpeg(encoded.begin(), encoded.end());
  const size_t last_scan = jpeg.rfind("\xFF\xDA");
  const std::string scan = jpeg.substr(last_scan, jpeg.size() - 2 - last_scan);
  int scans = 0;
  for (size_t at = jpeg.find("\xFF\xDA"); at != jpeg.npos; at = jpeg.find("\xFF\xDA", at + 1)) {
    ++scans;
  }
  std::string many = jpeg;
  for (; scans < 64; ++scans) many.insert(last_scan, scan);
  EXPECT_THAT(DecodeImage(many, ImageLimits()), IsOk());
  many.insert(last_scan, scan);
  EXPECT_THAT(DecodeImage(many, ImageLimits()), FailsWith(Reason::kImageCorrupt));
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
  const std::string needed = WithPngChunks(png, PngChunk("tRNS", "x") + PngChunk("eXIf", "x"));
  EXPECT_EQ(PictureChunks(needed), needed);
  for (const std::string type : {"zTXt", "iTXt", "tEXt", "iCCP", "sPLT", "xyZt"}) {
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
