/// Softmax cross-entropy with integer labels.
#ifndef CK_CROSS_ENTROPY_H
#define CK_CROSS_ENTROPY_H

#include "ck/types.h"

/// loss [1] = mean over the rows whose label is not `ignore_index` of −log softmax(logits)[label]; NaN when all are
/// ignored. `row_losses` [rows] receives each row's loss (0 where ignored); `log_probabilities` [rows, classes] may be
/// null. Labels outside [0, classes) are clamped: check with `ck_indices_out_of_range`.
void ck_cross_entropy_f32(float *loss, float *row_losses, float *log_probabilities, const float *logits,
                          const int64_t *labels, int64_t rows, int64_t classes, int64_t ignore_index);

/// dlogits = dloss [1] / (rows that count) · (softmax(logits) − one-hot(label)); 0 for ignored rows. May overwrite
/// logits.
void ck_cross_entropy_gradient_f32(float *dlogits, const float *dloss, const float *logits, const int64_t *labels,
                                   int64_t rows, int64_t classes, int64_t ignore_index);

#endif
