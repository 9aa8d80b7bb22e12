#!/bin/sh
# Regenerates the C code of onnx.proto (Debian package protobuf-c-compiler).
cd "$(dirname "$0")" && protoc-c --c_out=. onnx.proto && mv onnx.pb-c.h include/
