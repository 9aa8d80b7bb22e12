/// The wire of ONNX files: bounded reading, streamed writing, and helpers that build messages in an arena.
#pragma once

#include "onnx.pb-c.h"
#include "connx_error.h"
#include "connx_arena.h"
#include "connx_read.h"
#include "connx_write.h"
#include "connx_build.h"
