%% What application_controller asks of the code natives, acted by Erlang/OTP.
-module(prim_code).
-export([is_loaded/1, embedded/1, embedded_file/1, get_path/0, path_of/1, all_loaded/0,
         load_batch/1, flip_back/0]).

is_loaded(Module) -> code:is_loaded(Module) =/= false.
embedded(_) -> error.
embedded_file(_) -> error.
get_path() -> [unicode:characters_to_binary(D) || D <- code:get_path()].
path_of(Module) ->
    case code:is_loaded(Module) of
        {file, preloaded} -> preloaded;
        {file, Path} when is_list(Path) -> {ok, unicode:characters_to_binary(Path)};
        {file, _} -> none;
        false -> error
    end.
all_loaded() -> [M || {M, _} <- code:all_loaded()].

%% Not atomic here: enough to see what the processes go through.
load_batch(Batch) ->
    case [M || {M, Binary, _} <- Batch, not is_binary(Binary)] of
        [] ->
            Old = [{M, persistent_term:get({?MODULE, M}, none)} || {M, _, _} <- Batch],
            [begin
                 code:purge(M),
                 {module, M} = code:load_binary(M, "batch", Binary),
                 persistent_term:put({?MODULE, M}, Binary)
             end || {M, Binary, _} <- Batch],
            persistent_term:put({?MODULE, last}, Old),
            ok;
        [M | _] -> {error, {M, badfile}}
    end.

flip_back() ->
    case persistent_term:get({?MODULE, last}, undefined) of
        undefined -> {error, nothing};
        Old ->
            persistent_term:erase({?MODULE, last}),
            [begin
                 code:purge(M),
                 {module, M} = code:load_binary(M, "batch", Binary),
                 persistent_term:put({?MODULE, M}, Binary)
             end || {M, Binary} <- Old, is_binary(Binary)],
            ok
    end.
