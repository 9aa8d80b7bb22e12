#include "internal.h"

#include <string.h>

/// Room for one more element of `size` bytes at the end of an array that grows by doubling from 4.
static void *grow(connx_arena *arena, void *array, size_t *count, size_t size) {
  char *elements;
  memcpy(&elements, array, sizeof elements);
  size_t n = *count;
  if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
    char *larger = connx_arena_alloc(arena, (n == 0 ? 4 : 2 * n) * size);
    if (n > 0)
      memcpy(larger, elements, n * size);
    memcpy(array, &larger, sizeof larger);
    elements = larger;
  }
  *count = n + 1;
  return elements + n * size;
}

void connx_append_pointer(connx_arena *arena, void *array, size_t *count, void *pointer) {
  memcpy(grow(arena, array, count, sizeof pointer), &pointer, sizeof pointer);
}

void connx_append_int64(connx_arena *arena, int64_t **array, size_t *count, int64_t value) {
  memcpy(grow(arena, array, count, sizeof value), &value, sizeof value);
}

void connx_append_float(connx_arena *arena, float **array, size_t *count, float value) {
  memcpy(grow(arena, array, count, sizeof value), &value, sizeof value);
}

void connx_append_bytes(connx_arena *arena, ProtobufCBinaryData **array, size_t *count, ProtobufCBinaryData value) {
  memcpy(grow(arena, array, count, sizeof value), &value, sizeof value);
}

#define NEW(name, type, init)                                                                                          \
  Onnx__##type *connx_new_##name(connx_arena *arena) {                                                                 \
    Onnx__##type *message = connx_arena_alloc(arena, sizeof *message);                                                 \
    onnx__##init##__init(message);                                                                                     \
    return message;                                                                                                    \
  }

NEW(model, ModelProto, model_proto)
NEW(graph, GraphProto, graph_proto)
NEW(node, NodeProto, node_proto)
NEW(attribute, AttributeProto, attribute_proto)
NEW(tensor, TensorProto, tensor_proto)
NEW(sparse_tensor, SparseTensorProto, sparse_tensor_proto)
NEW(value_info, ValueInfoProto, value_info_proto)
NEW(type, TypeProto, type_proto)
NEW(shape, TensorShapeProto, tensor_shape_proto)
NEW(function, FunctionProto, function_proto)
NEW(training_info, TrainingInfoProto, training_info_proto)
NEW(opset, OperatorSetIdProto, operator_set_id_proto)
NEW(entry, StringStringEntryProto, string_string_entry_proto)
NEW(annotation, TensorAnnotation, tensor_annotation)

#define ADD(owner, name, owner_type, type, kind, field)                                                                \
  Onnx__##type *connx_##owner##_add_##name(connx_arena *arena, Onnx__##owner_type *owner) {                            \
    Onnx__##type *message = connx_new_##kind(arena);                                                                   \
    connx_append_pointer(arena, &owner->field, &owner->n_##field, message);                                            \
    return message;                                                                                                    \
  }

ADD(model, function, ModelProto, FunctionProto, function, functions)
ADD(model, training_info, ModelProto, TrainingInfoProto, training_info, training_info)
ADD(graph, node, GraphProto, NodeProto, node, node)
ADD(graph, initializer, GraphProto, TensorProto, tensor, initializer)
ADD(graph, sparse_initializer, GraphProto, SparseTensorProto, sparse_tensor, sparse_initializer)
ADD(graph, input, GraphProto, ValueInfoProto, value_info, input)
ADD(graph, output, GraphProto, ValueInfoProto, value_info, output)
ADD(graph, value_info, GraphProto, ValueInfoProto, value_info, value_info)
ADD(node, attribute, NodeProto, AttributeProto, attribute, attribute)
ADD(attribute, tensor, AttributeProto, TensorProto, tensor, tensors)
ADD(attribute, graph, AttributeProto, GraphProto, graph, graphs)
ADD(function, node, FunctionProto, NodeProto, node, node)
ADD(function, attribute_default, FunctionProto, AttributeProto, attribute, attribute_proto)
ADD(function, value_info, FunctionProto, ValueInfoProto, value_info, value_info)

#define ADD_STRING(owner, name, owner_type, field)                                                                     \
  void connx_##owner##_add_##name(connx_arena *arena, Onnx__##owner_type *owner, const char *string) {                 \
    connx_append_pointer(arena, &owner->field, &owner->n_##field, connx_arena_string(arena, string));                  \
  }

ADD_STRING(node, input, NodeProto, input)
ADD_STRING(node, output, NodeProto, output)
ADD_STRING(function, input, FunctionProto, input)
ADD_STRING(function, output, FunctionProto, output)
ADD_STRING(function, attribute, FunctionProto, attribute)

#define ADD_ENTRY(owner, name, owner_type, field)                                                                      \
  void connx_##owner##_add_##name(connx_arena *arena, Onnx__##owner_type *owner, const char *key, const char *value) { \
    Onnx__StringStringEntryProto *entry = connx_new_entry(arena);                                                      \
    entry->key = connx_arena_string(arena, key);                                                                       \
    entry->value = connx_arena_string(arena, value);                                                                   \
    connx_append_pointer(arena, &owner->field, &owner->n_##field, entry);                                              \
  }

ADD_ENTRY(model, metadata, ModelProto, metadata_props)
ADD_ENTRY(graph, metadata, GraphProto, metadata_props)
ADD_ENTRY(node, metadata, NodeProto, metadata_props)
ADD_ENTRY(value_info, metadata, ValueInfoProto, metadata_props)
ADD_ENTRY(tensor, external_data, TensorProto, external_data)
ADD_ENTRY(training_info, initialization_binding, TrainingInfoProto, initialization_binding)
ADD_ENTRY(training_info, update_binding, TrainingInfoProto, update_binding)

#define ADD_OPSET(owner, owner_type)                                                                                   \
  void connx_##owner##_add_opset(connx_arena *arena, Onnx__##owner_type *owner, const char *domain, int64_t version) { \
    Onnx__OperatorSetIdProto *opset = connx_new_opset(arena);                                                          \
    opset->domain = connx_arena_string(arena, domain);                                                                 \
    opset->has_version = true;                                                                                         \
    opset->version = version;                                                                                          \
    connx_append_pointer(arena, &owner->opset_import, &owner->n_opset_import, opset);                                  \
  }

ADD_OPSET(model, ModelProto)
ADD_OPSET(function, FunctionProto)
