/// All functions that exist once per instruction set, and their table. The including file defines CK_VARIANT
/// and what gemm.inc.h asks for.

#include "math.inc.h"
#include "elementwise.inc.h"
#include "reduce.inc.h"
#include "softmax.inc.h"
#include "attention.inc.h"
#include "layer_normalization.inc.h"
#include "batch_normalization.inc.h"
#include "gemm.inc.h"
#include "halves.inc.h"
#include "conv2d.inc.h"
#include "multiply_add.inc.h"
#include "pool2d.inc.h"
#include "integer.inc.h"

const ck_kernels CK_VARIANT(ck_kernels) = {
    .name = CK_VARIANT_NAME,
    .binary_f32 = CK_VARIANT(binary_f32),
    .unary_f32 = CK_VARIANT(unary_f32),
    .unary_gradient_f32 = CK_VARIANT(unary_gradient_f32),
    .reduce_run_f32 = CK_VARIANT(reduce_run_f32),
    .reduce_row_f32 = CK_VARIANT(reduce_row_f32),
    .softmax_row = CK_VARIANT(softmax_row),
    .softmax_gradient_row = CK_VARIANT(softmax_gradient_row),
    .log_softmax_row = CK_VARIANT(log_softmax_row),
    .log_softmax_gradient_row = CK_VARIANT(log_softmax_gradient_row),
    .softplus_sum = CK_VARIANT(softplus_sum),
    .softmax_columns = CK_VARIANT(softmax_columns),
    .softmax_gradient_columns = CK_VARIANT(softmax_gradient_columns),
    .attention_weights = CK_VARIANT(attention_weights),
    .attention_probabilities = CK_VARIANT(attention_probabilities),
    .attention_gradient_row = CK_VARIANT(attention_gradient_row),
    .dot_f32 = CK_VARIANT(dot_f32),
    .layer_normalization_statistics = CK_VARIANT(layer_normalization_statistics),
    .layer_normalization_row = CK_VARIANT(layer_normalization_row),
    .layer_normalization_gradient_row = CK_VARIANT(layer_normalization_gradient_row),
    .batch_normalization_moments = CK_VARIANT(batch_normalization_moments),
    .batch_normalization_products = CK_VARIANT(batch_normalization_products),
    .batch_normalization_apply = CK_VARIANT(batch_normalization_apply),
    .batch_normalization_gradient = CK_VARIANT(batch_normalization_gradient),
    .batch_normalization_scale = CK_VARIANT(batch_normalization_scale),
    .gemm_tiles = &CK_VARIANT(gemm_tiles),
    .halves_tiles = &CK_VARIANT(halves_tiles),
    .halves_sums = CK_VARIANT(halves_sums),
    .gemm_end_tile = CK_VARIANT(gemm_end_tile),
    .transpose = CK_VARIANT(transpose),
    .average_pairs = CK_VARIANT(average_pairs),
    .conv2d_row = CK_VARIANT(conv2d_row),
    .winograd_input = CK_VARIANT(winograd_input),
    .winograd_output = CK_VARIANT(winograd_output),
    .winograd_tile_input = CK_VARIANT(winograd_tile_input),
    .winograd_tile_output_gradient = CK_VARIANT(winograd_tile_output_gradient),
    .winograd_weight_gradient = CK_VARIANT(winograd_weight_gradient),
    .adamw = CK_VARIANT(adamw),
    .integer_rows = CK_VARIANT(integer_rows),
    .integer_tile = CK_VARIANT(integer_tile),
    .multiply_add_chains = CK_VARIANT(multiply_add_chains),
};
