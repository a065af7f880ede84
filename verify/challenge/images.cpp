#include "verify/challenge/images.hpp"

#include <fftw3.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <complex>
#include <limits>
#include <memory>
#include <new>
#include <numbers>
#include <numeric>

#include "oscillon/base/checked.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon::challenge {

namespace {

using Complex = std::complex<double>;

// An array as FFTW wants it.
class Signal {
 public:
  explicit Signal(Index size) : size_(size), data_(fftw_alloc_complex(size)) {
    if (data_ == nullptr) throw std::bad_alloc();
  }
  ~Signal() { fftw_free(data_); }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  Index size() const { return size_; }
  fftw_complex* fftw() { return data_; }
  Complex* data() { return reinterpret_cast<Complex*>(data_); }  // as FFTW and the standard promise

 private:
  Index size_;
  fftw_complex* data_;
};

// A transform in place, unnormalised. The plan is an estimate: a measured one would depend on
// timings, and with it the last bits of the result.
class Transform {
 public:
  Transform(Signal& shape, int sign)
      : plan_(fftw_plan_dft_1d(static_cast<int>(shape.size()), shape.fftw(), shape.fftw(), sign,
                               FFTW_ESTIMATE)) {
    if (plan_ == nullptr) throw Error(Fault::internal, "FFTW has no plan for this size");
  }
  ~Transform() { fftw_destroy_plan(plan_); }
  Transform(const Transform&) = delete;
  Transform& operator=(const Transform&) = delete;

  void operator()(Signal& signal) const { fftw_execute_dft(plan_, signal.fftw(), signal.fftw()); }

 private:
  fftw_plan plan_;
};

// How a column of `height` pixels becomes one of `side`: the transform, the padding and the
// transform back are linear, so together they are a matrix, side x height.
std::vector<Complex> column_scaling(Index height, Index side) {
  const auto root = [](Index turns, Index of) {
    return std::polar(
        1.0, 2 * std::numbers::pi * static_cast<double>(turns % of) / static_cast<double>(of));
  };
  std::vector<Complex> scaling(side * height);
  for (Index y = 0; y < side; ++y) {
    for (Index j = 0; j < height; ++j) {
      Complex sum = 0;
      for (Index f = 0; f < height; ++f) {
        const Index g = f < height / 2 ? f : side - height + f;
        sum += root(g * y, side) * std::conj(root(f * j, height));
      }
      scaling[y * height + j] = sum / static_cast<double>(height);
    }
  }
  return scaling;
}

class Scaler {
 public:
  Scaler(const IdxImages& images, Index side)
      : images_(images),
        side_(side),
        scaling_(column_scaling(images.height, side)),
        words_((side * images.count + 63) / 64),
        bits_(side * words_, 0) {}

  // The greatest size of a pixel between row y's columns, before they are scaled along the row, in
  // every eighth image: rows where it is great are likely to hold the greatest pixel of all.
  double promise(Index y) const {
    double greatest = 0;
    for (Index image = 0; image < images_.count; image += 8) {
      for (Index x = 0; x < images_.width; ++x) {
        greatest = std::max(greatest, std::norm(scaled_column(image, x, y)));
      }
    }
    return greatest;
  }

  // The sizes of all pixels of row y, side x count of them, in the real parts of `row`; returns
  // the greatest.
  double scale_row(Index y, Signal& columns, Signal& row, const Transform& forward,
                   const Transform& back) const {
    const Index width = columns.size();
    for (Index image = 0; image < images_.count; ++image) {
      for (Index x = 0; x < images_.width; ++x) {
        columns.data()[image * images_.width + x] = scaled_column(image, x, y);
      }
    }
    forward(columns);
    std::copy(columns.data(), columns.data() + width / 2, row.data());
    std::fill(row.data() + width / 2, row.data() + row.size() - width / 2, Complex(0));
    std::copy(columns.data() + width / 2, columns.data() + width,
              row.data() + row.size() - width / 2);
    back(row);
    double greatest = 0;
    for (Index i = 0; i < row.size(); ++i) {
      const double size = std::sqrt(std::norm(row.data()[i])) / static_cast<double>(width);
      row.data()[i] = size;
      greatest = std::max(greatest, size);
    }
    return greatest;
  }

  void keep_ones(Index y, Signal& row, double threshold) {
    std::uint64_t* bits = &bits_[y * words_];
    std::fill(bits, bits + words_, 0);
    for (Index i = 0; i < row.size(); ++i) {
      bits[i / 64] |= std::uint64_t{row.data()[i].real() > threshold} << i % 64;
    }
  }

  // The features of an image that are 1, ascending. `columns` is memory to work in.
  void features(Index image, std::vector<std::uint64_t>& columns, std::vector<Index>& ones) const {
    const Index words = (side_ + 63) / 64;  // of a column of the image
    columns.assign(side_ * words, 0);
    for (Index y = 0; y < side_; ++y) {
      const std::uint64_t* bits = &bits_[y * words_];
      const Index begin = image * side_;
      for (Index i = begin; i < begin + side_;) {
        const std::uint64_t rest = bits[i / 64] >> i % 64;
        if (rest == 0) {
          i = (i / 64 + 1) * 64;
          continue;
        }
        i += static_cast<Index>(std::countr_zero(rest));
        if (i >= begin + side_) break;
        columns[(i - begin) * words + y / 64] |= std::uint64_t{1} << y % 64;
        ++i;
      }
    }
    ones.clear();
    for (Index x = 0; x < side_; ++x) {
      for (Index w = 0; w < words; ++w) {
        for (std::uint64_t left = columns[x * words + w]; left != 0; left &= left - 1) {
          ones.push_back(x * side_ + w * 64 + static_cast<Index>(std::countr_zero(left)));
        }
      }
    }
  }

  Index ones() const {
    return std::transform_reduce(
        bits_.begin(), bits_.end(), Index{0}, std::plus<>(),
        [](std::uint64_t word) { return static_cast<Index>(std::popcount(word)); });
  }

 private:
  Complex scaled_column(Index image, Index x, Index y) const {
    const std::uint8_t* pixel = images_.image(image) + x;
    const Complex* scaling = &scaling_[y * images_.height];
    double real = 0;
    double imaginary = 0;
    for (Index j = 0; j < images_.height; ++j) {
      const double value = pixel[j * images_.width];
      real += scaling[j].real() * value;
      imaginary += scaling[j].imag() * value;
    }
    return {real, imaginary};
  }

  const IdxImages& images_;
  Index side_;
  std::vector<Complex> scaling_;
  Index words_;  // of a row of all images, in bits_
  std::vector<std::uint64_t> bits_;
};

void require_scalable(const IdxImages& images, Index side) {
  const auto odd = [](Index size) { return size == 0 || size % 2 != 0; };
  if (odd(images.width) || odd(images.height) || odd(side) || side < images.width ||
      side < images.height) {
    throw Error(Fault::usage, "images of " + std::to_string(images.width) + " x " +
                                  std::to_string(images.height) + " pixels are not scaled to " +
                                  std::to_string(side) + " x " + std::to_string(side) +
                                  ": all sizes must be even, and the last the greatest");
  }
  const Index longest = checked_multiply(side, images.count, "pixels of a row");
  if (longest > static_cast<Index>(std::numeric_limits<int>::max())) {
    throw Error(Fault::usage, std::to_string(images.count) + " images of " + std::to_string(side) +
                                  " pixels across are more than one transform can take");
  }
}

// The most threads, up to `wanted`, whose rows fit the limit.
int threads_within(const ImageOptions& options, const IdxImages& images, Index side) {
  int threads = static_cast<int>(std::min<Index>(thread_count(options.threads), side));
  if (options.memory_limit == 0) return threads;
  while (threads > 1 && bytes_to_scale(images, side, threads) > options.memory_limit) --threads;
  const std::uint64_t least = bytes_to_scale(images, side, threads);
  if (least > options.memory_limit) {
    throw Error(Fault::out_of_memory, "scaling these images takes at least " +
                                          std::to_string((least >> 20) + 1) + " MiB; allowed are " +
                                          std::to_string(options.memory_limit >> 20) + " MiB");
  }
  return threads;
}

}  // namespace

std::uint64_t bytes_to_scale(const IdxImages& images, Index side, int threads) {
  const std::uint64_t row = (images.width + side) * images.count * sizeof(Complex);
  const std::uint64_t bits = side * side * images.count / 8;
  return static_cast<std::uint64_t>(threads) * 2 * row + bits;  // FFTW works in a copy
}

template <NetworkValue T>
SampleBatch<T> inputs_from_images(const IdxImages& images, Index side,
                                  const ImageOptions& options) {
  require_scalable(images, side);
  SampleBatch<T> inputs(side * side);
  if (images.count == 0) return inputs;
  const int threads = threads_within(options, images, side);
  Scaler scaler(images, side);

  // The threshold is known when all rows are. A row that was cut at a lower one is done again: to
  // have few of these, the most promising rows come first.
  std::vector<double> promise(side);
  run_tasks(side, threads, [&](std::size_t y) { promise[y] = scaler.promise(y); });
  std::vector<Index> waiting(side);
  std::iota(waiting.begin(), waiting.end(), Index{0});
  std::stable_sort(waiting.begin(), waiting.end(),
                   [&](Index a, Index b) { return promise[a] > promise[b]; });

  {
    std::vector<std::unique_ptr<Signal>> columns;
    std::vector<std::unique_ptr<Signal>> rows;
    for (int t = 0; t < threads; ++t) {
      columns.push_back(std::make_unique<Signal>(images.width * images.count));
      rows.push_back(std::make_unique<Signal>(side * images.count));
    }
    const Transform forward(*columns.front(), FFTW_FORWARD);
    const Transform back(*rows.front(), FFTW_BACKWARD);
    std::atomic<double> greatest{0};
    std::vector<double> cut_at(side, 0);
    Index done = 0;
    while (!waiting.empty()) {
      const Index together = std::min<Index>(waiting.size(), static_cast<Index>(threads));
      run_tasks(together, threads, [&](std::size_t t) {
        if (options.stop.stop_requested()) {
          throw Error(Fault::interrupted, "the scaling of images was stopped");
        }
        const double size = scaler.scale_row(waiting[t], *columns[t], *rows[t], forward, back);
        double before = greatest;
        while (before < size && !greatest.compare_exchange_weak(before, size)) {
        }
        cut_at[waiting[t]] = options.threshold * greatest;
        scaler.keep_ones(waiting[t], *rows[t], cut_at[waiting[t]]);
      });
      waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(together));
      done += together;
      if (waiting.empty()) {
        for (Index y = 0; y < side; ++y) {
          if (cut_at[y] != options.threshold * greatest) waiting.push_back(y);
        }
      }
      if (options.on_progress) options.on_progress(done, done + waiting.size());
    }
  }

  inputs.reserve(images.count, scaler.ones());
  std::vector<std::uint64_t> work;
  std::vector<Index> ones;
  const T one(1);
  for (Index image = 0; image < images.count; ++image) {
    scaler.features(image, work, ones);
    inputs.append(ones, {&one, 1});
  }
  return inputs;
}

#define OSCILLON_INSTANTIATE_IMAGES(T) \
  template SampleBatch<T> inputs_from_images(const IdxImages&, Index, const ImageOptions&);
OSCILLON_INSTANTIATE_IMAGES(float)
OSCILLON_INSTANTIATE_IMAGES(double)
#undef OSCILLON_INSTANTIATE_IMAGES

}  // namespace oscillon::challenge
