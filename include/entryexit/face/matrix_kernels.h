#ifndef ENTRYEXIT_FACE_MATRIX_KERNELS_H_
#define ENTRYEXIT_FACE_MATRIX_KERNELS_H_

#include "entryexit/face/export.h"

namespace entryexit::face {

// OpenBLAS, which the networks spend their time in, chooses its kernels by the processor's model
// number while it is being loaded, and falls back to its oldest for models newer than itself: three
// times as slow. When that has happened, this starts the program again, in the same process and
// with the same arguments, with OPENBLAS_CORETYPE naming the kernels that the processor supports.
// Does nothing when the kernels fit or the operator has set that variable. Call it first in main.
ENTRYEXIT_FACE_EXPORT void ChooseMatrixKernels(char** argv);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_FACE_MATRIX_KERNELS_H_
