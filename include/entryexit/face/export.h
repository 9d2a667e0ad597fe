#ifndef ENTRYEXIT_FACE_EXPORT_H_
#define ENTRYEXIT_FACE_EXPORT_H_

// Marks what the shared library libentryexit_face offers; everything else in it is hidden, so that
// no template of dlib or OpenCV compiled for one processor level can replace another one's.
#define ENTRYEXIT_FACE_EXPORT __attribute__((visibility("default")))

#endif  // ENTRYEXIT_FACE_EXPORT_H_
