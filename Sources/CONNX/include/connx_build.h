#pragma once

#include "connx_arena.h"
#include "onnx.pb-c.h"

#pragma clang assume_nonnull begin

/// Messages are made in an arena, empty, or added to the message that holds them; strings are always copied and may
/// not contain NUL. Fields are set directly (with their `has_…` where they have one).

Onnx__ModelProto *connx_new_model(connx_arena *arena);
Onnx__GraphProto *connx_new_graph(connx_arena *arena);
Onnx__NodeProto *connx_new_node(connx_arena *arena);
Onnx__AttributeProto *connx_new_attribute(connx_arena *arena);
Onnx__TensorProto *connx_new_tensor(connx_arena *arena);
Onnx__SparseTensorProto *connx_new_sparse_tensor(connx_arena *arena);
Onnx__ValueInfoProto *connx_new_value_info(connx_arena *arena);
Onnx__TypeProto *connx_new_type(connx_arena *arena);
Onnx__TensorShapeProto *connx_new_shape(connx_arena *arena);
Onnx__FunctionProto *connx_new_function(connx_arena *arena);
Onnx__TrainingInfoProto *connx_new_training_info(connx_arena *arena);
Onnx__OperatorSetIdProto *connx_new_opset(connx_arena *arena);
Onnx__StringStringEntryProto *connx_new_entry(connx_arena *arena);
Onnx__TensorAnnotation *connx_new_annotation(connx_arena *arena);

/// A type with `tensor_type` set; with `ranked`, of an (as yet) empty shape, which is a scalar's.
Onnx__TypeProto *connx_new_tensor_type(connx_arena *arena, int32_t elem_type, bool ranked);

/// Appends a dimension to a ranked tensor type: a number, or a symbol (NULL: unknown).
void connx_type_add_size(connx_arena *arena, Onnx__TypeProto *type, int64_t size);
void connx_type_add_symbol(connx_arena *arena, Onnx__TypeProto *type, const char *_Nullable symbol);

/// A new message, appended to a repeated field of its owner.
Onnx__FunctionProto *connx_model_add_function(connx_arena *arena, Onnx__ModelProto *model);
Onnx__TrainingInfoProto *connx_model_add_training_info(connx_arena *arena, Onnx__ModelProto *model);
Onnx__NodeProto *connx_graph_add_node(connx_arena *arena, Onnx__GraphProto *graph);
Onnx__TensorProto *connx_graph_add_initializer(connx_arena *arena, Onnx__GraphProto *graph);
Onnx__SparseTensorProto *connx_graph_add_sparse_initializer(connx_arena *arena, Onnx__GraphProto *graph);
Onnx__ValueInfoProto *connx_graph_add_input(connx_arena *arena, Onnx__GraphProto *graph);
Onnx__ValueInfoProto *connx_graph_add_output(connx_arena *arena, Onnx__GraphProto *graph);
Onnx__ValueInfoProto *connx_graph_add_value_info(connx_arena *arena, Onnx__GraphProto *graph);
Onnx__AttributeProto *connx_node_add_attribute(connx_arena *arena, Onnx__NodeProto *node);
Onnx__TensorProto *connx_attribute_add_tensor(connx_arena *arena, Onnx__AttributeProto *attribute);
Onnx__GraphProto *connx_attribute_add_graph(connx_arena *arena, Onnx__AttributeProto *attribute);
Onnx__NodeProto *connx_function_add_node(connx_arena *arena, Onnx__FunctionProto *function);
Onnx__AttributeProto *connx_function_add_attribute_default(connx_arena *arena, Onnx__FunctionProto *function);
Onnx__ValueInfoProto *connx_function_add_value_info(connx_arena *arena, Onnx__FunctionProto *function);

/// Appends a copied string.
void connx_node_add_input(connx_arena *arena, Onnx__NodeProto *node, const char *name);
void connx_node_add_output(connx_arena *arena, Onnx__NodeProto *node, const char *name);
void connx_function_add_input(connx_arena *arena, Onnx__FunctionProto *function, const char *name);
void connx_function_add_output(connx_arena *arena, Onnx__FunctionProto *function, const char *name);
void connx_function_add_attribute(connx_arena *arena, Onnx__FunctionProto *function, const char *name);

/// Appends a (key, value) entry; both are copied.
void connx_model_add_metadata(connx_arena *arena, Onnx__ModelProto *model, const char *key, const char *value);
void connx_graph_add_metadata(connx_arena *arena, Onnx__GraphProto *graph, const char *key, const char *value);
void connx_node_add_metadata(connx_arena *arena, Onnx__NodeProto *node, const char *key, const char *value);
void connx_value_info_add_metadata(connx_arena *arena, Onnx__ValueInfoProto *value_info, const char *key,
                                   const char *value);
void connx_tensor_add_external_data(connx_arena *arena, Onnx__TensorProto *tensor, const char *key, const char *value);
void connx_training_info_add_initialization_binding(connx_arena *arena, Onnx__TrainingInfoProto *training_info,
                                                    const char *key, const char *value);
void connx_training_info_add_update_binding(connx_arena *arena, Onnx__TrainingInfoProto *training_info, const char *key,
                                            const char *value);

/// Appends an operator set that a model or a function speaks; the standard one has an empty domain.
void connx_model_add_opset(connx_arena *arena, Onnx__ModelProto *model, const char *domain, int64_t version);
void connx_function_add_opset(connx_arena *arena, Onnx__FunctionProto *function, const char *domain, int64_t version);

void connx_tensor_add_dimension(connx_arena *arena, Onnx__TensorProto *tensor, int64_t size);

/// Sets `raw_data` to bytes that are not copied: they must live until the model has been written.
void connx_tensor_lend_raw_data(Onnx__TensorProto *tensor, const void *_Nullable bytes, size_t length);

/// Sets the attribute's one value and its `type`. Strings and bytes are copied; messages are not.
void connx_attribute_set_float(Onnx__AttributeProto *attribute, float value);
void connx_attribute_set_int(Onnx__AttributeProto *attribute, int64_t value);
void connx_attribute_set_string(connx_arena *arena, Onnx__AttributeProto *attribute, const void *_Nullable bytes,
                                size_t length);
void connx_attribute_set_tensor(Onnx__AttributeProto *attribute, Onnx__TensorProto *tensor);
void connx_attribute_set_graph(Onnx__AttributeProto *attribute, Onnx__GraphProto *graph);
void connx_attribute_set_floats(connx_arena *arena, Onnx__AttributeProto *attribute, const float *_Nullable values,
                                size_t count);
void connx_attribute_set_ints(connx_arena *arena, Onnx__AttributeProto *attribute, const int64_t *_Nullable values,
                              size_t count);
/// Sets `type` to STRINGS and appends one.
void connx_attribute_add_string(connx_arena *arena, Onnx__AttributeProto *attribute, const void *_Nullable bytes,
                                size_t length);

/// Append to any repeated field of pointers, int64, float or bytes that these helpers have built from empty. `array` is
/// the address of the field, `count` that of its `n_…`. Arrays that were parsed from a file cannot be appended to.
void connx_append_pointer(connx_arena *arena, void *array, size_t *count, void *pointer);
void connx_append_int64(connx_arena *arena, int64_t *_Nullable *_Nonnull array, size_t *count, int64_t value);
void connx_append_float(connx_arena *arena, float *_Nullable *_Nonnull array, size_t *count, float value);
void connx_append_bytes(connx_arena *arena, ProtobufCBinaryData *_Nullable *_Nonnull array, size_t *count,
                        ProtobufCBinaryData value);

#pragma clang assume_nonnull end
