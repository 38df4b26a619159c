%% The file natives of our machine, acted by Erlang/OTP's file module with raw handles.
-module(prim_file).
-include_lib("kernel/include/file.hrl").
-export([read_file/1, write_file/3, open/2, close/1, read/2, pread/3, write/2, pwrite/3,
         position/2, truncate/1, sync/1, datasync/1, list_dir/1, make_dir/1, del_dir/1,
         del_file/1, rename/2, make_link/2, make_symlink/2, read_link/1, read_info/2,
         handle_info/1, write_info/2, get_cwd/0, set_cwd/1]).

read_file(Path) -> file:read_file(Path).
write_file(Path, Data, Modes) -> file:write_file(Path, Data, Modes).
open(Path, Modes) -> file:open(Path, [raw, binary | Modes]).
close(Handle) -> file:close(Handle).
read(Handle, N) -> file:read(Handle, N).
pread(Handle, At, N) -> file:pread(Handle, At, N).
write(Handle, Data) -> file:write(Handle, Data).
pwrite(Handle, At, Data) -> file:pwrite(Handle, At, Data).
position(Handle, At) -> file:position(Handle, At).
truncate(Handle) -> file:truncate(Handle).
sync(Handle) -> file:sync(Handle).
datasync(Handle) -> file:datasync(Handle).
list_dir(Path) ->
    case file:list_dir_all(Path) of
        {ok, Names} -> {ok, [unicode:characters_to_binary(N) || N <- Names]};
        Error -> Error
    end.
make_dir(Path) -> file:make_dir(Path).
del_dir(Path) -> file:del_dir(Path).
del_file(Path) -> file:delete(Path).
rename(From, To) -> file:rename(From, To).
make_link(Old, New) -> file:make_link(Old, New).
make_symlink(Old, New) -> file:make_symlink(Old, New).
read_link(Path) -> binary(file:read_link_all(Path)).
read_info(Path, follow) -> info(file:read_file_info(Path, [{time, posix}]));
read_info(Path, link) -> info(file:read_link_info(Path, [{time, posix}])).
handle_info(Handle) -> info(file:read_file_info(Handle, [{time, posix}])).
write_info(Path, Changes) ->
    Info = lists:foldl(fun({mode, V}, I) -> I#file_info{mode = V};
                          ({uid, V}, I) -> I#file_info{uid = V};
                          ({gid, V}, I) -> I#file_info{gid = V};
                          ({atime, V}, I) -> I#file_info{atime = V};
                          ({mtime, V}, I) -> I#file_info{mtime = V}
                       end, #file_info{}, Changes),
    file:write_file_info(Path, Info, [{time, posix}]).
get_cwd() -> binary(file:get_cwd()).
set_cwd(Path) -> file:set_cwd(Path).

binary({ok, Name}) -> {ok, unicode:characters_to_binary(Name)};
binary(Error) -> Error.

info({ok, I}) ->
    {ok, {I#file_info.size, I#file_info.type, I#file_info.access, I#file_info.atime,
          I#file_info.mtime, I#file_info.ctime, I#file_info.mode, I#file_info.links,
          I#file_info.major_device, I#file_info.minor_device, I#file_info.inode,
          I#file_info.uid, I#file_info.gid}};
info(Error) -> Error.
