#!/usr/bin/env python3
"""Plants includes in a copy of the layout and asks check_includes.py about them."""

import pathlib
import tempfile
import unittest

import check_includes


class CheckIncludesTest(unittest.TestCase):
    def errors(self, path, line):
        with tempfile.TemporaryDirectory() as root:
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True)
            file.write_text(f"// A comment.\n{line}\n")
            return list(check_includes.errors_in(pathlib.Path(root)))

    def test_wrong_arrow_is_reported_with_file_and_line(self):
        [error] = self.errors("src/app/a.cc", '#include "entryexit/postgres/pool.h"')
        self.assertIn("src/app/a.cc:2", error)

    def test_wrong_includes_are_reported(self):
        for path, line in [
            ("include/entryexit/core/a.h", '#include "entryexit/ports/store.h"'),
            ("include/entryexit/core/a.h", "#include <fmt/format.h>"),
            ("include/entryexit/core/a.h", "#include <unistd.h>"),
            ("include/entryexit/ports/a.h", '#include "absl/strings/str_cat.h"'),
            ("src/app/a.cc", '#include "entryexit/crypto/vault.h"'),
            ("src/app/a.cc", "#include <grpcpp/grpcpp.h>"),
            ("src/app/a.cc", '#include "entryexit/v1/lane_service.pb.h"'),
            ("src/rpc/deep/a.cc", '#include "src/crypto/openssl.h"'),
            ("src/ctl/a.cc", '#include "daemon/wiring.h"'),
            ("src/ctl/a.cc", "  #  include <libpq-fe.h>"),
            ("src/postgres/a.cc", "#include <opencv2/core.hpp>"),
            ("src/new_module/a.cc", "#include <string>"),
        ]:
            with self.subTest(path=path, line=line):
                self.assertEqual(len(self.errors(path, line)), 1)

    def test_right_includes_pass(self):
        for path, line in [
            ("include/entryexit/core/a.h", "#include <string>"),
            ("include/entryexit/core/a.h", '#include "absl/status/statusor.h"'),
            ("include/entryexit/core/a.h", '#include "entryexit/core/ids.h"'),
            ("src/app/a.cc", '#include "entryexit/crypto/digest.h"'),
            ("src/app/a.cc", "#include <fmt/format.h>"),
            ("src/crypto/a.cc", '#include "src/crypto/openssl.h"'),
            ("src/ctl/a.cc", '#include "ctl/context.h"'),
            ("src/rpc/a.cc", '#include "entryexit/v1/lane_service.grpc.pb.h"'),
            ("src/daemon/main.cc", '#include "entryexit/postgres/pool.h"'),
            ("src/app/a.cc", '// #include "entryexit/postgres/pool.h"'),
            ("src/app/README.md", '#include "entryexit/postgres/pool.h"'),
        ]:
            with self.subTest(path=path, line=line):
                self.assertEqual(self.errors(path, line), [])


if __name__ == "__main__":
    unittest.main()
