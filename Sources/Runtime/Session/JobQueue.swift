#if canImport(Glibc)
  import Glibc
#endif

/// The hand-over between callers and an executor's thread: callers wait in line, each for its own job alone.
final class JobQueue: @unchecked Sendable {
  /// A caller in line. It lies on that caller's stack.
  private struct Caller {
    let job: any Job
    let arguments: JobArguments
    let wake: UnsafeMutablePointer<pthread_cond_t>
    var failure: RuntimeError?
    var isDone = false
    var next: UnsafeMutablePointer<Caller>?
  }

  private let prepare: @Sendable () -> Void
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let work = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var first: UnsafeMutablePointer<Caller>?
  private var last: UnsafeMutablePointer<Caller>?
  private var isStopped = false

  init(prepare: @escaping @Sendable () -> Void) {
    self.prepare = prepare
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(work, nil)
  }

  deinit {
    pthread_cond_destroy(work)
    pthread_mutex_destroy(mutex)
    work.deallocate()
    mutex.deallocate()
  }

  func submit(_ job: any Job, _ arguments: JobArguments) -> RuntimeError? {
    var wake = pthread_cond_t()
    return withUnsafeMutablePointer(to: &wake) { wake in
      pthread_cond_init(wake, nil)
      defer { pthread_cond_destroy(wake) }
      var caller = Caller(job: job, arguments: arguments, wake: wake)
      return withUnsafeMutablePointer(to: &caller) { caller in
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if let last { last.pointee.next = caller } else { first = caller }
        last = caller
        pthread_cond_signal(work)
        while !caller.pointee.isDone { pthread_cond_wait(wake, mutex) }
        return caller.pointee.failure
      }
    }
  }

  func serve() {
    prepare()
    pthread_mutex_lock(mutex)
    while true {
      while first == nil && !isStopped { pthread_cond_wait(work, mutex) }
      guard let caller = first else { break }
      pthread_mutex_unlock(mutex)
      let failure = caller.pointee.job.execute(caller.pointee.arguments)
      pthread_mutex_lock(mutex)
      first = caller.pointee.next
      if first == nil { last = nil }
      caller.pointee.failure = failure
      caller.pointee.isDone = true
      // The caller's memory is gone as soon as the mutex is free.
      pthread_cond_signal(caller.pointee.wake)
    }
    pthread_mutex_unlock(mutex)
  }

  func stop() {
    pthread_mutex_lock(mutex)
    isStopped = true
    pthread_cond_broadcast(work)
    pthread_mutex_unlock(mutex)
  }
}
