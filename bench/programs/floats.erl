%% Floating point: nbody, mandelbrot, spectral norm.
-module(floats).
-export([main/0]).

main() ->
    row("nbody", fun() -> round(1.0e9 * nbody(50000)) end),
    row("mandelbrot", fun() -> mandelbrot(200, 100) end),
    row("spectral", fun() -> round(1.0e9 * spectral(200)) end).

%% A body is {X, Y, Z, Vx, Vy, Vz, Mass}.
nbody(Steps) -> energy(steps(Steps, bodies())).

bodies() ->
    [{0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.47841760435743},
     {4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
      0.606326392995832, 2.81198684491626, -0.02521836165988763, 0.03769367487038949},
     {8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
      -1.01077434617879236, 1.82566237123041186, 0.00841576137658415, 0.011286326131968767},
     {12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
      1.08279100644153536, 0.868713018169608, -0.010832637401363636, 0.0017237240570597112},
     {15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
      0.979090732243898, 0.594698998647676, -0.034755955504078104, 0.0020336868699246304}].

steps(0, Bodies) -> Bodies;
steps(N, Bodies) -> steps(N - 1, [move(B) || B <- pull_all(Bodies, [])]).

pull_all([], Done) -> lists:reverse(Done);
pull_all([B | Rest], Done) ->
    {B1, Rest1} = pull(B, Rest, []),
    pull_all(Rest1, [B1 | Done]).

pull(B, [], Done) -> {B, lists:reverse(Done)};
pull({X, Y, Z, Vx, Vy, Vz, M}, [{X2, Y2, Z2, Vx2, Vy2, Vz2, M2} | Rest], Done) ->
    Dx = X - X2,
    Dy = Y - Y2,
    Dz = Z - Z2,
    D2 = Dx * Dx + Dy * Dy + Dz * Dz,
    Mag = 0.01 / (D2 * math:sqrt(D2)),
    A = M2 * Mag,
    B = M * Mag,
    pull({X, Y, Z, Vx - Dx * A, Vy - Dy * A, Vz - Dz * A, M}, Rest,
         [{X2, Y2, Z2, Vx2 + Dx * B, Vy2 + Dy * B, Vz2 + Dz * B, M2} | Done]).

move({X, Y, Z, Vx, Vy, Vz, M}) ->
    {X + 0.01 * Vx, Y + 0.01 * Vy, Z + 0.01 * Vz, Vx, Vy, Vz, M}.

energy(Bodies) -> energy(Bodies, 0.0).

energy([], E) -> E;
energy([{X, Y, Z, Vx, Vy, Vz, M} | Rest], E) ->
    Kinetic = 0.5 * M * (Vx * Vx + Vy * Vy + Vz * Vz),
    energy(Rest, E + Kinetic - potential(X, Y, Z, M, Rest, 0.0)).

potential(_, _, _, _, [], P) -> P;
potential(X, Y, Z, M, [{X2, Y2, Z2, _, _, _, M2} | Rest], P) ->
    Dx = X - X2,
    Dy = Y - Y2,
    Dz = Z - Z2,
    potential(X, Y, Z, M, Rest, P + M * M2 / math:sqrt(Dx * Dx + Dy * Dy + Dz * Dz)).

mandelbrot(Size, Limit) -> rows(0, Size, Limit, 0).

rows(Size, Size, _, Sum) -> Sum;
rows(Y, Size, Limit, Sum) -> rows(Y + 1, Size, Limit, columns(0, Y, Size, Limit, Sum)).

columns(Size, _, Size, _, Sum) -> Sum;
columns(X, Y, Size, Limit, Sum) ->
    Cr = 3.0 * X / Size - 2.0,
    Ci = 2.0 * Y / Size - 1.0,
    columns(X + 1, Y, Size, Limit, Sum + escape(0.0, 0.0, Cr, Ci, Limit)).

escape(_, _, _, _, 0) -> 0;
escape(Zr, Zi, Cr, Ci, N) ->
    R2 = Zr * Zr,
    I2 = Zi * Zi,
    if
        R2 + I2 > 4.0 -> N;
        true -> escape(R2 - I2 + Cr, 2.0 * Zr * Zi + Ci, Cr, Ci, N - 1)
    end.

spectral(N) ->
    {U, V} = power(10, N, lists:duplicate(N, 1.0), []),
    math:sqrt(dot(U, V, 0.0) / dot(V, V, 0.0)).

power(0, _, U, V) -> {U, V};
power(K, N, U, _) ->
    V = times_ata(N, U),
    power(K - 1, N, times_ata(N, V), V).

times_ata(N, V) -> times(N, times(N, V, fun a/2), fun(I, J) -> a(J, I) end).

times(N, V, A) -> [times_row(I, 0, V, A, 0.0) || I <- lists:seq(0, N - 1)].

times_row(_, _, [], _, Sum) -> Sum;
times_row(I, J, [X | Xs], A, Sum) -> times_row(I, J + 1, Xs, A, Sum + A(I, J) * X).

a(I, J) -> 1.0 / ((I + J) * (I + J + 1) div 2 + I + 1).

dot([], [], Sum) -> Sum;
dot([X | Xs], [Y | Ys], Sum) -> dot(Xs, Ys, Sum + X * Y).

%% Prints the row: its name, the microseconds that F took, and its result for the runner to compare.
row(Name, F) ->
    T0 = erlang:monotonic_time(microsecond),
    Result = F(),
    T1 = erlang:monotonic_time(microsecond),
    io:format("row ~s ~b ~w~n", [Name, T1 - T0, Result]).
