#ifndef ENTRYEXIT_TESTS_UNIT_FACE_RANDOM_DLIB_RESNET_H_
#define ENTRYEXIT_TESTS_UNIT_FACE_RANDOM_DLIB_RESNET_H_

#include <string>

namespace entryexit::face::testing {

// The bytes of a model file of dlib's architecture, with random weights.
std::string RandomDlibResnet();

}  // namespace entryexit::face::testing

#endif  // ENTRYEXIT_TESTS_UNIT_FACE_RANDOM_DLIB_RESNET_H_
