// The verifier's rules, each with its name; a rejection names exactly one of them.
//
// RULE(symbol, "name", "what must hold")
#pragma once

#include <string_view>

#define PARLEY_VERIFIER_RULES(RULE)                                                               \
  /* the module's tables */                                                                       \
  RULE(Operand, "operand", "an operand fits its kind, and its table has the index")               \
  RULE(FunctionStart, "function-start", "a function begins with its entry label")                 \
  RULE(FunctionTwice, "function-twice", "no two functions have the same name and arity")          \
  RULE(FunctionEnd, "function-end", "nothing falls off the end of a function")                    \
  RULE(Unreachable, "unreachable", "an instruction after the end of a block has a label")         \
  RULE(LambdaArity, "lambda-arity", "a lambda's function takes its arguments and variables")      \
  RULE(LambdaFree, "lambda-free", "make_fun gives as many variables as its lambda has")           \
  RULE(BifUnknown, "bif-unknown", "bif calls a guard or plain built-in of bif.def")               \
  RULE(BifGuard, "bif-guard", "bif with a fail label calls a guard built-in")                     \
  RULE(BifArity, "bif-arity", "bif gives as many arguments as its import has")                    \
  /* labels and edges */                                                                          \
  RULE(LabelTwice, "label-twice", "a label stands in one place")                                  \
  RULE(LabelMissing, "label-missing", "a jump goes to a label of the same function")              \
  RULE(LabelCircle, "label-circle",                                                               \
       "no way leads back to a label but through loop_rec_end, wait or wait_timeout")             \
  RULE(LabelState, "label-state", "a label declares a state, of registers that it has")           \
  RULE(EntryState, "entry-state", "an entry label asks for the arguments at most, no frame")      \
  RULE(StateFrame, "state-frame", "at a label the frame is of the declared size")                 \
  RULE(StateRegister, "state-register", "at a label a register holds what is declared")           \
  RULE(HandlerState, "handler-state", "where a handler may be entered, its state holds")          \
  /* registers and frames */                                                                      \
  RULE(RegisterUndefined, "register-undefined", "a register that is read holds a term")           \
  RULE(RegisterFrame, "register-frame", "a y register lies in the frame")                         \
  RULE(FrameAllocate, "frame-allocate", "allocate stands where there is no frame")                \
  RULE(FrameSize, "frame-size", "ret and last calls free the whole frame")                        \
  RULE(FrameNeeded, "frame-needed", "a call that returns stands in a frame")                      \
  RULE(CallArguments, "call-arguments", "the arguments of a call are in x0..")                    \
  RULE(DescriptorWords, "descriptor-words", "a descriptor has the size of the frame")             \
  RULE(DescriptorDead, "descriptor-dead", "a descriptor names registers that hold terms")         \
  RULE(DescriptorArguments, "descriptor-arguments",                                               \
       "a call's descriptor names its arguments and no other x, a wait's no x")                   \
  RULE(CallOperands, "call-operands", "x registers that a call reads stand behind its arguments") \
  /* kinds of terms */                                                                            \
  RULE(TypeCons, "type-cons", "what is taken apart is known to be a cons")                        \
  RULE(TypeTuple, "type-tuple", "what is taken apart is known to be a tuple, large enough")       \
  RULE(TypeMap, "type-map", "what is looked up in is known to be a map")                          \
  RULE(TypeBits, "type-bits", "what is matched is known to be a bit string")                      \
  RULE(TypePosition, "type-position", "a position is known to be a small integer")                \
  RULE(TupleIndex, "tuple-index", "an index lies in the tuple")                                   \
  RULE(SelectKeys, "select-keys", "choices are small integers or atoms, all of one kind")         \
  RULE(BitsShape, "bits-shape", "unit, flags, size and literal of a segment fit its kind")        \
  RULE(BitsResult, "bits-result", "result and position are different registers")                  \
  /* receive */                                                                                   \
  RULE(ReceiveOpen, "receive-open", "a message is under examination where one is needed")         \
  RULE(ReceiveClosed, "receive-closed",                                                           \
       "no message is under examination at a call, return, wait, frame or second loop_rec")       \
  RULE(ReceiveThrow, "receive-throw", "nothing throws while a message is under examination")      \
  RULE(ReceiveState, "receive-state",                                                             \
       "a label is always reached while a message is under examination, or never")

namespace parley::verifier {

#define PARLEY_RULE(symbol, name, text) inline constexpr std::string_view k##symbol = name;
PARLEY_VERIFIER_RULES(PARLEY_RULE)
#undef PARLEY_RULE

}  // namespace parley::verifier
