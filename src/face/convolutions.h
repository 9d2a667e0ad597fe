#ifndef ENTRYEXIT_SRC_FACE_CONVOLUTIONS_H_
#define ENTRYEXIT_SRC_FACE_CONVOLUTIONS_H_

namespace entryexit::face {

// What convolutions of 3 x 3 px in steps of one are computed by.
enum class Convolutions {
  kFastest,      // Winograd's way, of fewer multiplications: by our own code where that pays, else
                 // by oneDNN where it has it for the processor
  kOurWinograd,  // by our own code even where it does not pay, if oneDNN has sixteen channels of a
                 // pixel side by side on the processor
  kDirect,
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_CONVOLUTIONS_H_
