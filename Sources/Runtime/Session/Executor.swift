#if canImport(Glibc)
  import Glibc
#endif

/// Work for the executor's thread.
protocol Job: AnyObject {
  /// Runs on the executor's thread.
  func execute(_ arguments: JobArguments) -> RuntimeError?
}

/// Pointers that a caller hands to a job.
struct JobArguments {
  var inputs: UnsafePointer<UnsafeRawPointer>?
  var outputs: UnsafePointer<UnsafeMutableRawPointer>?
}

/// One thread that does all of a session's work, one job at a time, in the order of arrival.
///
/// OpenMP keeps a team of threads for every thread that calls it: with one caller there is one team. Handing over a job
/// allocates nothing.
final class Executor: @unchecked Sendable {
  private let queue: JobQueue
  private var thread = pthread_t()
  private let isRunning: Bool

  /// Bytes; kernels and passes keep large frames there.
  private static let stackSize = 64 << 20

  init(prepare: @escaping @Sendable () -> Void) {
    queue = JobQueue(prepare: prepare)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, Executor.stackSize)
    let context = Unmanaged.passRetained(queue)
    let status = pthread_create(
      &thread, &attributes,
      { context in
        if let context { Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue().serve() }
        return nil
      }, context.toOpaque())
    pthread_attr_destroy(&attributes)
    isRunning = status == 0
    if !isRunning { context.release() }
  }

  /// Ends the thread. A session may be let go by its own thread, which then ends by itself.
  deinit {
    queue.stop()
    guard isRunning else { return }
    if pthread_equal(thread, pthread_self()) != 0 { pthread_detach(thread) } else { pthread_join(thread, nil) }
  }

  /// Runs a job on the thread and waits for it. A job must not submit another to its own executor.
  func submit(_ job: any Job, _ arguments: JobArguments = JobArguments()) -> RuntimeError? {
    guard isRunning else { return RuntimeError(.memory, at: "session", "no thread could be started") }
    guard pthread_equal(thread, pthread_self()) == 0 else {
      return RuntimeError(.planning, at: "session", "is called from its own thread, where it would wait for itself")
    }
    return queue.submit(job, arguments)
  }

  /// Runs a closure on the thread and waits for it.
  func perform<R>(_ body: () throws(RuntimeError) -> R) throws(RuntimeError) -> R {
    let result: Result<R, RuntimeError>? = withoutActuallyEscaping(body) { body in
      var result: Result<R, RuntimeError>?
      let job = ClosureJob {
        do throws(RuntimeError) { result = .success(try body()) } catch { result = .failure(error) }
      }
      let failure = submit(job)
      job.body = {}
      return failure.map { .failure($0) } ?? result
    }
    guard let result else { throw RuntimeError(.planning, at: "session", "has ended") }
    return try result.get()
  }
}

private final class ClosureJob: Job {
  var body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
  func execute(_ arguments: JobArguments) -> RuntimeError? {
    body()
    return nil
  }
}
