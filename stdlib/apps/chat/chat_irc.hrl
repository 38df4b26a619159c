%% What the IRC front-end remembers of one connection. Only the chat_irc modules see it.

%% channels: room key => name as the room has it
%% greeting: what of the registration has come; cap: capability negotiation is open
%% is_invisible: user mode i, which is remembered and hides nobody
%% heard: ids of the last quit and nick events, so that none is shown twice
-record(session, {
    address = <<>> :: binary(),
    nick :: binary() | undefined,
    user :: binary() | undefined,
    real_name = <<>> :: binary(),
    is_registered = false :: boolean(),
    is_negotiating = false :: boolean(),
    is_invisible = false :: boolean(),
    channels = #{} :: #{binary() => binary()},
    heard = [] :: [pid() | reference()]
}).
