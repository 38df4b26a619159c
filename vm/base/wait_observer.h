// Who wants to know when a thread really waits inside a call that also does other things.
//
// Invariant: between wait_begins and wait_ended the thread touches nothing that others may free.
#pragma once

namespace parley {

class WaitObserver {
 public:
  virtual void wait_begins() = 0;
  virtual void wait_ended() = 0;

 protected:
  ~WaitObserver() = default;
};

}  // namespace parley
