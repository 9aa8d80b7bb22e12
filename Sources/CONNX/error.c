#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

bool connx_fail(connx_error *error, connx_error_kind kind, size_t offset, const char *format, ...) {
  error->kind = kind;
  error->system_code = 0;
  error->offset = offset;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  return false;
}

const char *connx_error_message(const connx_error *error) { return error->message; }
