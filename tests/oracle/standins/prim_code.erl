%% What application_controller asks of the code natives, acted by Erlang/OTP.
-module(prim_code).
-export([is_loaded/1, embedded/1, embedded_file/1, get_path/0, path_of/1, all_loaded/0]).

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
