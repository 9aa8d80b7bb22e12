#include "internal.h"

#include <string.h>

Onnx__TypeProto *connx_new_tensor_type(connx_arena *arena, int32_t elem_type, bool ranked) {
  Onnx__TypeProto *type = connx_new_type(arena);
  Onnx__TypeProto__Tensor *tensor = connx_arena_alloc(arena, sizeof *tensor);
  onnx__type_proto__tensor__init(tensor);
  tensor->has_elem_type = true;
  tensor->elem_type = elem_type;
  tensor->shape = ranked ? connx_new_shape(arena) : NULL;
  type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
  type->tensor_type = tensor;
  return type;
}

static Onnx__TensorShapeProto__Dimension *add_dimension(connx_arena *arena, Onnx__TypeProto *type) {
  Onnx__TensorShapeProto *shape = type->tensor_type->shape;
  Onnx__TensorShapeProto__Dimension *dimension = connx_arena_alloc(arena, sizeof *dimension);
  onnx__tensor_shape_proto__dimension__init(dimension);
  connx_append_pointer(arena, &shape->dim, &shape->n_dim, dimension);
  return dimension;
}

void connx_type_add_size(connx_arena *arena, Onnx__TypeProto *type, int64_t size) {
  Onnx__TensorShapeProto__Dimension *dimension = add_dimension(arena, type);
  dimension->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
  dimension->dim_value = size;
}

void connx_type_add_symbol(connx_arena *arena, Onnx__TypeProto *type, const char *symbol) {
  Onnx__TensorShapeProto__Dimension *dimension = add_dimension(arena, type);
  if (!symbol)
    return;
  dimension->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
  dimension->dim_param = connx_arena_string(arena, symbol);
}

void connx_tensor_add_dimension(connx_arena *arena, Onnx__TensorProto *tensor, int64_t size) {
  connx_append_int64(arena, &tensor->dims, &tensor->n_dims, size);
}

void connx_tensor_lend_raw_data(Onnx__TensorProto *tensor, const void *bytes, size_t length) {
  tensor->has_raw_data = true;
  tensor->raw_data.data = (uint8_t *)bytes;
  tensor->raw_data.len = length;
}

static void set_type(Onnx__AttributeProto *attribute, Onnx__AttributeProto__AttributeType type) {
  attribute->has_type = true;
  attribute->type = type;
}

void connx_attribute_set_float(Onnx__AttributeProto *attribute, float value) {
  set_type(attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
  attribute->has_f = true;
  attribute->f = value;
}

void connx_attribute_set_int(Onnx__AttributeProto *attribute, int64_t value) {
  set_type(attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
  attribute->has_i = true;
  attribute->i = value;
}

void connx_attribute_set_string(connx_arena *arena, Onnx__AttributeProto *attribute, const void *bytes, size_t length) {
  set_type(attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
  attribute->has_s = true;
  attribute->s = connx_arena_bytes(arena, bytes, length);
}

void connx_attribute_set_tensor(Onnx__AttributeProto *attribute, Onnx__TensorProto *tensor) {
  set_type(attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR);
  attribute->t = tensor;
}

void connx_attribute_set_graph(Onnx__AttributeProto *attribute, Onnx__GraphProto *graph) {
  set_type(attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH);
  attribute->g = graph;
}

void connx_attribute_set_floats(connx_arena *arena, Onnx__AttributeProto *attribute, const float *values,
                                size_t count) {
  set_type(attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS);
  attribute->n_floats = count;
  attribute->floats = (float *)(void *)connx_arena_bytes(arena, values, count * sizeof *values).data;
}

void connx_attribute_set_ints(connx_arena *arena, Onnx__AttributeProto *attribute, const int64_t *values,
                              size_t count) {
  set_type(attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
  attribute->n_ints = count;
  attribute->ints = (int64_t *)(void *)connx_arena_bytes(arena, values, count * sizeof *values).data;
}

void connx_attribute_add_string(connx_arena *arena, Onnx__AttributeProto *attribute, const void *bytes, size_t length) {
  set_type(attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS);
  ProtobufCBinaryData string = connx_arena_bytes(arena, bytes, length);
  connx_append_bytes(arena, &attribute->strings, &attribute->n_strings, string);
}
