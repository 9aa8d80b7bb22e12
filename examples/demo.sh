#!/usr/bin/env bash
# Draws a data set, declares a small CLIP, exports it as a training graph, trains it from that file, and uses it on pictures
# it has never seen. `make demo` builds everything first and runs this. Everything it writes lies in ./demo or $DEMO_DIR.
set -euo pipefail
cd "$(dirname "$0")/.."

DEMO_DIR=${DEMO_DIR:-demo}
CLIPGRAPH=${CLIPGRAPH:-.build/release/clipgraph}

PICTURES=${PICTURES:-20000}
TEST_PICTURES=${TEST_PICTURES:-1000}
MODEL=${MODEL:-models/shapes.json}
VOCABULARY_SIZE=${VOCABULARY_SIZE:-560}
BATCH_SIZE=${BATCH_SIZE:-64}
STEPS=${STEPS:-3400}
WARMUP=${WARMUP:-100}
LEARNING_RATE=${LEARNING_RATE:-1e-3}
WEIGHT_DECAY=${WEIGHT_DECAY:-0.1}

[ -x "$CLIPGRAPH" ] || {
  echo "demo: there is no $CLIPGRAPH; run 'make demo', or 'make build' first" >&2
  exit 1
}
mkdir -p "$DEMO_DIR"

# Says what is done, then shows the command and runs it.
step() {
  echo
  echo "── $1"
  shift
  echo "\$ clipgraph $*"
  "$CLIPGRAPH" "$@"
}

step "Draw pictures of shapes with captions. Some combinations of shape and colour are kept for the test." \
  dataset shapes "$DEMO_DIR/data" --count "$PICTURES"
step "Draw the test: those combinations alone, each with sixteen captions to choose from." \
  dataset shapes "$DEMO_DIR/data" --count "$TEST_PICTURES" --test
step "Learn a vocabulary from the captions." \
  vocabulary --captions "$DEMO_DIR/data" --size "$VOCABULARY_SIZE" -o "$DEMO_DIR/shapes.bpe"
step "Declare a small CLIP, and write it with its loss, gradients and AdamW as one ONNX file." \
  export "$MODEL" -o "$DEMO_DIR/training.onnx" --training --vocabulary "$DEMO_DIR/shapes.bpe" \
  --lr "$LEARNING_RATE" --warmup "$WARMUP" --steps "$STEPS" --decay "$WEIGHT_DECAY"
step "Train from that file. Ctrl-C stops in order; --resume goes on." \
  train "$DEMO_DIR/training.onnx" --data "$DEMO_DIR/data" --batch-size "$BATCH_SIZE" --steps "$STEPS" \
  --checkpoint "$DEMO_DIR/state.onnx" -o "$DEMO_DIR/shapes.onnx"
step "Zero-shot accuracy on combinations that it has never seen." \
  evaluate "$DEMO_DIR/shapes.onnx" --data "$DEMO_DIR/data/test-*.tar"

pictures=(00000000.png 00000001.png 00000002.png)
tar -xf "$DEMO_DIR/data/test-00000.tar" -C "$DEMO_DIR" "${pictures[@]}" "${pictures[@]/%.png/.txt}"
labels=$(
  {
    for picture in "${pictures[@]}"; do sed 's/^an\? //' "$DEMO_DIR/${picture%.png}.txt"; echo; done
    printf '%s\n' "red circle" "blue square" "green triangle" "purple star"
  } | sed '/^$/d' | sort -u | paste -sd,
)
step "Classify pictures of such combinations (their labels, and near neighbours)." \
  classify "$DEMO_DIR/shapes.onnx" "${pictures[@]/#/$DEMO_DIR/}" --labels "$labels" \
  --template "a {}" --top 4
step "Look inside the trained model." inspect "$DEMO_DIR/shapes.onnx" --memory

echo
echo "The model is $DEMO_DIR/shapes.onnx, an ordinary ONNX file. Try it:"
echo "  $CLIPGRAPH classify $DEMO_DIR/shapes.onnx $DEMO_DIR/${pictures[0]} --labels \"red circle,blue star\" --template \"a {}\""
