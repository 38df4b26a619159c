%% Terms that travel between the processes of the chat application.
%% The engine (registry, presence, routers) and every front-end share them; they know no protocol.

%% Who speaks: what others see of a session.
-record(person, {
    nick = <<>> :: binary(),
    user = <<>> :: binary(),
    host = <<>> :: binary()
}).

%% One message of a conversation. `seq` counts from 1 within the conversation without gaps.
-record(message, {
    conversation :: {room | user, binary()},
    target = <<>> :: binary(),
    seq = 0 :: non_neg_integer(),
    time_s = 0 :: integer(),
    from :: #person{} | undefined,
    kind = text :: text | notice,
    text = <<>> :: binary()
}).
