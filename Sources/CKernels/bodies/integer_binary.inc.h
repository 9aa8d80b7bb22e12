/// Binary kernels of one integer type: ELEMENT, UNSIGNED, NAME and PUBLIC are defined by the including file.
///
/// In an unsigned type no number is −1.

typedef struct NAME(binary) {
  ck_binary_op op;
  ELEMENT *out;
  const ELEMENT *a, *b;
  int64_t a_stride, b_stride;
} NAME(binary);

static bool NAME(is_minus_one)(ELEMENT a) { return a < 0 && a == (ELEMENT)-1; }

static ELEMENT NAME(divide)(ELEMENT a, ELEMENT b) {
  if (b == 0)
    return 0;
  return NAME(is_minus_one)(b) ? (ELEMENT)(0 - (UNSIGNED)a) : a / b;
}

static ELEMENT NAME(remainder)(ELEMENT a, ELEMENT b) { return b == 0 || NAME(is_minus_one)(b) ? 0 : a % b; }

static ELEMENT NAME(modulo)(ELEMENT a, ELEMENT b) {
  ELEMENT r = NAME(remainder)(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static ELEMENT NAME(power)(ELEMENT a, ELEMENT b) {
  if (b < 0)
    return a == 1 ? 1 : NAME(is_minus_one)(a) ? (ELEMENT)(b % 2 == 0 ? 1 : -1) : 0;
  UNSIGNED base = (UNSIGNED)a, result = 1;
  for (UNSIGNED e = (UNSIGNED)b; e > 0; e >>= 1) {
    if (e & 1)
      result *= base;
    base *= base;
  }
  return (ELEMENT)result;
}

#define LOOP(expression)                                                                                               \
  for (int64_t i = 0; i < n; i++) {                                                                                    \
    ELEMENT l = a[i * c->a_stride], r = b[i * c->b_stride];                                                            \
    out[i] = (ELEMENT)(expression);                                                                                    \
  }                                                                                                                    \
  return;

static void NAME(row)(const void *context, int64_t at, const int64_t *operands, int64_t n) {
  const NAME(binary) *c = context;
  ELEMENT *out = c->out + at;
  const ELEMENT *a = c->a + operands[0], *b = c->b + operands[1];
  switch (c->op) {
  case CK_ADD:
    LOOP((UNSIGNED)l + (UNSIGNED)r)
  case CK_SUB:
    LOOP((UNSIGNED)l - (UNSIGNED)r)
  case CK_MUL:
    LOOP((UNSIGNED)l * (UNSIGNED)r)
  case CK_DIV:
    LOOP(NAME(divide)(l, r))
  case CK_POW:
    LOOP(NAME(power)(l, r))
  case CK_MIN:
    LOOP(l < r ? l : r)
  case CK_MAX:
    LOOP(l > r ? l : r)
  case CK_MOD:
    LOOP(NAME(modulo)(l, r))
  case CK_FMOD:
    LOOP(NAME(remainder)(l, r))
  }
}

#undef LOOP

void PUBLIC(binary)(ck_binary_op op, ELEMENT *out, const ELEMENT *a, const ELEMENT *b, const ck_broadcast *plan) {
  int last = plan->rank - 1;
  NAME(binary) context = {op, out, a, b, plan->strides[0][last], plan->strides[1][last]};
  ck_broadcast_run(plan, 2, NAME(row), &context);
}
