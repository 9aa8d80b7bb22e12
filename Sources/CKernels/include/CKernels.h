/// Numeric kernels of ClipGraph.
///
/// Conventions of every function: outputs come first, then inputs, then sizes, then scalars. Tensors are dense and
/// row-major unless strides are given; strides count elements. Kernels never fail and never allocate: sizes are the
/// caller's promise, scratch is given by the caller (any alignment of at least 16 bytes; its size in bytes comes from
/// the
/// `_scratch` function beside the kernel; it may be null where that size is 0). Results do not depend on the number of
/// threads or on the instruction set, bit for bit.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "ck/runtime.h"
#include "ck/types.h"
#include "ck/binary.h"
#include "ck/unary.h"
#include "ck/cast.h"
#include "ck/reduce.h"
#include "ck/movement.h"
#include "ck/gather.h"
#include "ck/groups.h"
#include "ck/gemm.h"
#include "ck/conv2d.h"
#include "ck/pool2d.h"
#include "ck/product_tiles.h"
#include "ck/integer_product.h"
#include "ck/layer_normalization.h"
#include "ck/batch_normalization.h"
#include "ck/softmax.h"
#include "ck/attention.h"
#include "ck/cross_entropy.h"
#include "ck/adamw.h"
#include "ck/random.h"
#include "ck/order.h"
#include "ck/resample.h"
#include "ck/gather_elements.h"

#endif
