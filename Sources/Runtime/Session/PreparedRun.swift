/// A program with its pointers set, to be run again and again on the caller's memory.
///
/// Running allocates nothing once the session's arena and states are there, that is from the second run on. Any thread may
/// run it; callers queue with all others of the session.
public final class PreparedRun: Job, @unchecked Sendable {
  private let frame: Frame
  private let engine: Engine
  private let executor: Executor
  public let program: Program

  init(_ frame: Frame, _ engine: Engine, _ executor: Executor) {
    (self.frame, self.engine, self.executor, program) = (frame, engine, executor, frame.program)
  }

  /// Runs on memory given by pointers in the order of `program.inputs` and `program.outputs`.
  ///
  /// Each holds the bytes that its port says, aligned to its elements. No output may overlap an input or another output.
  ///
  /// - Throws: `RuntimeError` when a kernel refuses its data; then no state has changed.
  public func run(
    inputs: UnsafeBufferPointer<UnsafeRawPointer>, outputs: UnsafeBufferPointer<UnsafeMutableRawPointer>
  ) throws(RuntimeError) {
    precondition(
      inputs.count == program.inputs.count && outputs.count == program.outputs.count,
      "one pointer for each input and output of the program")
    let arguments = JobArguments(inputs: inputs.baseAddress, outputs: outputs.baseAddress)
    if let failure = executor.submit(self, arguments) { throw failure }
  }

  func execute(_ arguments: JobArguments) -> RuntimeError? {
    engine.execute(frame, inputs: arguments.inputs, outputs: arguments.outputs)
  }
}
