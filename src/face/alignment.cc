#include "alignment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace entryexit::face {
namespace {

constexpr int kCropSize = kArcface112Px;

const std::array<cv::Point2d, 5> kArcfacePlaces{{{38.2946, 51.6963},
                                                 {73.5318, 51.5014},
                                                 {56.0252, 71.7366},
                                                 {41.5493, 92.3655},
                                                 {70.7299, 92.2041}}};

cv::Point2d MeanOf(std::span<const cv::Point2d> points) {
  return std::accumulate(points.begin(), points.end(), cv::Point2d()) /
         static_cast<double>(points.size());
}

cv::Point2d MeanOf(const Landmarks& landmarks, size_t first, size_t count) {
  return MeanOf(std::span(landmarks).subspan(first, count));
}

// What the crop shows of the picture, px of the picture.
cv::Rect2d SourceOf(const cv::Matx23d& to_crop) {
  cv::Matx23d to_picture;
  cv::invertAffineTransform(to_crop, to_picture);
  cv::Vec2d low = to_picture * cv::Vec3d(0, 0, 1);
  cv::Vec2d high = low;
  for (const cv::Vec3d& corner : {cv::Vec3d(kCropSize, 0, 1), cv::Vec3d(0, kCropSize, 1),
                                  cv::Vec3d(kCropSize, kCropSize, 1)}) {
    const cv::Vec2d at = to_picture * corner;
    for (int axis = 0; axis < 2; ++axis) {
      low[axis] = std::min(low[axis], at[axis]);
      high[axis] = std::max(high[axis], at[axis]);
    }
  }
  return {cv::Point2d(low), cv::Point2d(high)};
}

// One axis of the picture and of the picture reduced as a whole.
struct Axis {
  double step;     // px of the picture to one of the reduced picture, which has whole pixels only
  double average;  // px of the picture that one of the reduced picture averages
  int first;       // the part wanted, px of the reduced picture
  int last;
};

// Requires: scale in (0, 1).
Axis AxisAround(double low, double high, int size, double scale) {
  constexpr int kMargin = 2;
  const int reduced = std::max(1, static_cast<int>(std::lround(size * scale)));
  const double step = static_cast<double>(size) / reduced;
  const int first = std::clamp(static_cast<int>(std::floor(low / step)) - kMargin, 0, reduced - 1);
  const int last =
      std::clamp(static_cast<int>(std::ceil(high / step)) + kMargin, first + 1, reduced);
  return {step, 1 / scale, first, last};
}

// How much of a pixel of the reduced picture is one of the picture's.
struct Share {
  int pixel;
  float weight;
};

// Of the picture's `size` pixels, those under each of the reduced one's that are wanted.
std::vector<std::vector<Share>> SharesOf(const Axis& axis, int size) {
  constexpr double kNothing = 1e-6;
  std::vector<std::vector<Share>> shares;
  for (int at = axis.first; at < axis.last; ++at) {
    const double begin = at * axis.average;
    const double end = begin + axis.average;
    std::vector<Share>& under = shares.emplace_back();
    for (int i = static_cast<int>(begin); i < end - kNothing; ++i) {
      const double covered = std::min(end, i + 1.0) - std::max(begin, i * 1.0);
      under.push_back({std::min(i, size - 1), static_cast<float>(covered / axis.average)});
    }
  }
  return shares;
}

// A part of what cv::resize with INTER_AREA makes of the whole picture, which would take several
// times longer. Resizing a part with cv::resize would set the averaged areas elsewhere, and move
// embeddings by 0.05.
cv::Mat AverageAreas(const cv::Mat& bgr, const Axis& x, const Axis& y) {
  constexpr int kChannels = 3;
  const std::vector<std::vector<Share>> across = SharesOf(x, bgr.cols);
  const std::vector<std::vector<Share>> down = SharesOf(y, bgr.rows);
  const int left = across.front().front().pixel;
  const int right = across.back().back().pixel + 1;
  // One more, as four are read at once.
  const size_t floats = kChannels * static_cast<size_t>(right - left);
  std::vector<float> row(floats + 1);
  cv::Mat reduced(y.last - y.first, x.last - x.first, CV_8UC3);
  for (int out_y = 0; out_y < reduced.rows; ++out_y) {
    std::ranges::fill(row, 0.0F);
    for (const Share& share : down[static_cast<size_t>(out_y)]) {
      const uchar* in = bgr.ptr<uchar>(share.pixel) + ptrdiff_t{kChannels} * left;
      for (size_t i = 0; i < floats; ++i) row[i] += share.weight * static_cast<float>(in[i]);
    }
    for (int out_x = 0; out_x < reduced.cols; ++out_x) {
      cv::Vec4f sum;
      for (const Share& share : across[static_cast<size_t>(out_x)]) {
        sum += share.weight * cv::Vec4f(&row[kChannels * static_cast<size_t>(share.pixel - left)]);
      }
      reduced.at<cv::Vec3b>(out_y, out_x) = cv::Vec3f(sum.val);
    }
  }
  return reduced;
}

// Applies `to_crop`. A strong reduction averages areas first, since bilinear sampling alone would
// skip pixels; only around the face, which is several times faster than the whole picture.
cv::Mat CutWith(const cv::Mat& bgr, cv::Matx23d to_crop) {
  const double scale = std::hypot(to_crop(0, 0), to_crop(1, 0));
  cv::Mat source = bgr;
  if (scale < 0.5) {
    const cv::Rect2d part = SourceOf(to_crop);
    const Axis x = AxisAround(part.x, part.x + part.width, bgr.cols, scale);
    const Axis y = AxisAround(part.y, part.y + part.height, bgr.rows, scale);
    source = AverageAreas(bgr, x, y);
    // Pixel indices are scaled, not pixel centres: the networks were trained on crops cut so.
    for (int row = 0; row < 2; ++row) {
      to_crop(row, 2) += to_crop(row, 0) * x.first * x.step + to_crop(row, 1) * y.first * y.step;
      to_crop(row, 0) *= x.step;
      to_crop(row, 1) *= y.step;
    }
  }
  cv::Mat crop;
  cv::warpAffine(source, crop, to_crop, cv::Size(kCropSize, kCropSize), cv::INTER_LINEAR,
                 cv::BORDER_REPLICATE);
  return crop;
}

}  // namespace

cv::Matx23d SimilarityBetween(std::span<const cv::Point2d> from, std::span<const cv::Point2d> to) {
  const cv::Point2d from_mean = MeanOf(from);
  const cv::Point2d to_mean = MeanOf(to);
  double cosine = 0;
  double sine = 0;
  double spread = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    const cv::Point2d p = from[i] - from_mean;
    const cv::Point2d q = to[i] - to_mean;
    cosine += p.dot(q);
    sine += p.cross(q);
    spread += p.dot(p);
  }
  const double a = cosine / spread;
  const double b = sine / spread;
  return {a, -b, to_mean.x - a * from_mean.x + b * from_mean.y,
          b, a,  to_mean.y - b * from_mean.x - a * from_mean.y};
}

cv::Mat CutArcface112(const cv::Mat& bgr, const Landmarks& landmarks) {
  const std::array<cv::Point2d, 5> five{MeanOf(landmarks, 36, 6), MeanOf(landmarks, 42, 6),
                                        landmarks[30], landmarks[48], landmarks[54]};
  return CutWith(bgr, SimilarityBetween(five, kArcfacePlaces));
}

cv::Mat CutByEyes(const cv::Mat& bgr, const Landmarks& landmarks) {
  // dlib's five points start with the corners of the eye that the picture shows on the right.
  const bool five = landmarks.size() == 5;
  const std::array<cv::Point2d, 2> eyes{five ? MeanOf(landmarks, 2, 2) : MeanOf(landmarks, 36, 6),
                                        five ? MeanOf(landmarks, 0, 2) : MeanOf(landmarks, 42, 6)};
  return CutWith(bgr, SimilarityBetween(eyes, std::array{kLeftEye, kRightEye}));
}

}  // namespace entryexit::face
