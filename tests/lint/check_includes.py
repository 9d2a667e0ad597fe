#!/usr/bin/env python3
"""Fails on an #include against the direction of the architecture.

usage: check_includes.py SOURCE_DIR

Looks at every .h and .cc file under include/entryexit/ and src/.
"""

import pathlib
import re
import sys

# What each module may include of ours; a module may always include itself. "daemon" wires
# everything together and may see it all. A single header is written as module/name.
ALLOWED = {
    "core": set(),
    "base": {"core"},
    "ports": {"core"},
    "app": {"ports", "core", "crypto/digest"},
    "config": {"base", "core"},
    "crypto": {"base", "ports", "core"},
    "face": {"base", "ports", "core", "crypto/digest"},
    "postgres": {"ports", "core", "crypto/digest"},
    "evaluation": {"base", "ports", "core"},
    "rpc": {"app", "base", "ports", "core"},
    "client": {"base", "core"},
    "ctl": {
        "base", "client", "config", "core", "crypto", "evaluation", "face", "ports", "postgres"
    },
    "demo": {"base", "client", "config", "crypto", "core"},
}
ALLOWED["daemon"] = set(ALLOWED)

# Who speaks gRPC and protobuf.
WIRE = {"client", "ctl", "daemon", "demo", "rpc"}

# Which modules may include a library's headers, by the start of the header's path.
LIBRARIES = {
    "opencv2/": {"face"},
    "dlib/": {"face"},
    "cblas": {"face"},
    "dnnl": {"face"},
    "oneapi/": {"face"},
    "libpq-fe.h": {"postgres"},
    "openssl/": {"crypto"},
    "yaml-cpp/": {"config", "face"},
    "grpc/": WIRE,
    "grpcpp/": WIRE,
    "google/protobuf/": WIRE,
    # Generated from proto/.
    "entryexit/v1/": WIRE,
    "CLI/": {"ctl", "daemon", "demo"},
    "prometheus/": {"rpc", "daemon"},
}

# These see no library but the standard one (whose headers have neither a slash nor a suffix) and
# absl/status.
PURE = {"base", "core", "ports"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
OURS = re.compile(rf"(?:entryexit/|src/)?({'|'.join(ALLOWED)})/(.+)\.h$")


def objection(module, header):
    """Why `module` must not include `header`, or None."""
    for start, users in LIBRARIES.items():
        if header.startswith(start):
            return None if module in users else f"only {', '.join(sorted(users))} may"
    ours = OURS.match(header)
    if ours:
        other, name = ours.groups()
        if other == module or not {other, f"{other}/{name}"}.isdisjoint(ALLOWED[module]):
            return None
        return f"{module} may include only: {', '.join(sorted(ALLOWED[module])) or 'itself'}"
    if module in PURE and not re.fullmatch(r"\w+", header) and not header.startswith("absl/status/"):
        return f"{module} knows the standard library and absl/status only"
    return None


def errors_in(source_dir):
    for top in ("include/entryexit", "src"):
        for path in sorted((source_dir / top).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            module = path.relative_to(source_dir / top).parts[0]
            if module not in ALLOWED:
                yield f"{path}: the module {module} is not in the table of {__file__}"
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                include = INCLUDE.match(line)
                reason = include and objection(module, include[1] or include[2])
                if reason:
                    yield f"{path}:{number}: {line.strip()}: {reason}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    errors = list(errors_in(pathlib.Path(sys.argv[1])))
    print("\n".join(errors) or "every include points the right way")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
