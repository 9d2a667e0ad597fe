#include "entryexit/face/matrix_kernels.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

// From OpenBLAS, whose cblas.h would collide with dlib's own.
extern "C" char* openblas_get_corename();

namespace entryexit::face {
namespace {

constexpr char kVariable[] = "OPENBLAS_CORETYPE";

// The kernels of OpenBLAS that this processor can run; null where its own choice cannot be
// bettered.
const char* BestKernels() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return "SkylakeX";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
  return nullptr;
}

}  // namespace

void ChooseMatrixKernels(char** argv) {
  const bool fell_back = std::string_view(openblas_get_corename()) == "Prescott";
  const char* kernels = BestKernels();
  if (!fell_back || kernels == nullptr || std::getenv(kVariable) != nullptr) return;
  setenv(kVariable, kernels, /*overwrite=*/0);
  // Returns only when it fails; the program then goes on as it is.
  execv("/proc/self/exe", argv);
}

}  // namespace entryexit::face
