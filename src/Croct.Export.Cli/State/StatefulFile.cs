using System.Globalization;
using Croct.Export.Checkpoints;
using Croct.Export.Cli.Commands;
using Croct.Export.Cli.Output;

namespace Croct.Export.Cli.State;

/// <summary>
/// A file with a state beside it, which says which of its bytes are valid and the cursor behind them. A page is committed in this order: its rows
/// to the disk, then the state, by rename. Killed at any instant, the file is cut to what the state says and gone on with: every row is
/// there once. The run that begins a file gives it its name when it is complete; later runs, if they add to it, do so where it is.
/// </summary>
internal sealed class StatefulFile : Destination
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Bringing data to the disk takes milliseconds; a kill costs no more than the pages of this time, which are fetched once more.</summary>
    private static readonly TimeSpan CommitInterval = TimeSpan.FromMilliseconds(100);

    private readonly IDisposable _lock;
    private readonly string _statePath;
    private readonly FileStream _file;
    private readonly HashedStream _hashed;
    private readonly string _path;
    private readonly bool _isWhole;
    private readonly SeenItems? _seen;
    private readonly long _earlierRows;
    private ExportState _state;
    private ExportState _next;
    private long _committedAt = Environment.TickCount64;

    private StatefulFile(IDisposable taken, string statePath, ExportState state, FileStream file, HashedStream hashed, bool isWhole, SeenItems? seen)
    {
        (_lock, _statePath, _state, _next, _file, _hashed, _isWhole, _seen) = (taken, statePath, state, state, file, hashed, isWhole, seen);
        _path = file.Name;
        _earlierRows = state.Rows;
        Stream = new BufferedStream(hashed, BufferSize);
    }

    public override string Name => _state.Complete ? _state.File : _path;

    public override Stream Stream { get; }

    public override long Bytes => _hashed.Bytes;

    public override KeptRows Kept => !_isWhole || _state.Complete ? new(_state.Rows - _earlierRows, _state.Length, _state.Sha256) : KeptRows.None;

    public override IReadOnlyList<string> Files =>
        [_state.File, UnfinishedOf(_state.File), .. FilesOf(_statePath), .. _seen is null ? [] : SeenItems.FilesOf(_statePath, _state.Run)];

    public override bool IsBegun => _state.Length > 0;

    public override string? Cursor => _state.Cursor;

    public override TimeUnit? TimeUnit => _state.TimeUnit;

    public override IReadOnlyList<string> Repeating => _state.Repeating;

    public override (DateTimeOffset? Start, DateTimeOffset End)? Window => _state.Window is { } window ? (window.Start, window.End) : null;

    public override bool WantsKeys => _seen is not null;

    public override bool HasSeen(ItemKey key) => _seen!.Has(key);

    /// <summary>Opens the file of a run: that of the run before if it was interrupted, else the next one.</summary>
    /// <param name="statePath">The state; none there yet begins anew.</param>
    /// <param name="request">What is exported; that of the state must be the same.</param>
    /// <param name="isWhole">Whether the format cannot be gone on with, so that a run begins its file anew, and names it when it is complete.</param>
    /// <param name="end">With a lookback, the end of the window of a new run.</param>
    /// <param name="isEndGiven">Whether somebody asked for that end; if not, it is now.</param>
    /// <param name="now">The date of a new file.</param>
    /// <exception cref="UsageException">State, file and request do not go together; the message says what to do.</exception>
    public static StatefulFile Open(string statePath, ExportRequest request, bool isWhole, DateTimeOffset end, bool isEndGiven, DateTimeOffset now)
    {
        statePath = Path.GetFullPath(statePath);
        if (Directory.Exists(statePath)) throw new UsageException($"--state '{statePath}' is a folder; it must be a file.");

        // All that stands beside a state, and above all the lock, is beside the file itself, whichever link led there.
        try
        {
            statePath = DurableFile.TargetOf(statePath);
        }
        catch (IOException exception)
        {
            throw new UsageException($"--state '{statePath}' cannot be written: {exception.Message}");
        }

        var taken = StateLock.Take(statePath);
        try
        {
            var state = ExportState.Load(statePath);
            if (state?.Request.DifferenceTo(request) is { } difference)
            {
                throw new UsageException($"--state '{statePath}' belongs to another export: {difference}. Give this one another --state and another --output.");
            }

            if (state is { Complete: false }) return Open(taken, statePath, state, isWhole, isNewRun: false);
            return Open(taken, statePath, InWindow(NextRun(statePath, state, request, isWhole, now), state?.Window, end, isEndGiven), isWhole, isNewRun: true);
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    public override async Task CommitAsync(WrittenPage page)
    {
        _next = _next with { Cursor = page.ResumeCursor ?? _next.Cursor, TimeUnit = page.TimeUnit ?? _next.TimeUnit, Repeating = page.Repeating, Rows = _next.Rows + page.Rows };
        _seen?.Add(page.Keys);
        if (!_isWhole && Environment.TickCount64 - _committedAt >= CommitInterval.TotalMilliseconds) await SuspendAsync();
    }

    public override async Task SuspendAsync()
    {
        if (!_isWhole && !ReferenceEquals(_next, _state)) await CommitAsync();
    }

    public override async Task CompleteAsync()
    {
        // The state knows all of the file before it gets its name: behind that, a kill must leave nothing that looks like somebody else's.
        if (!_isWhole && !_state.Named) await CommitAsync();
        else await BringToDiskAsync();
        var state = _next with { Length = _hashed.Bytes, Sha256 = _hashed.Sha256, Complete = true, Named = true };
        await Stream.DisposeAsync();
        if (!_state.Named) DurableFile.Move(_path, _state.File);
        if (state.Window is { } window)
        {
            // The file of the next run is there before the state counts on it; that of this run is gone only when it does no more.
            var (carried, sha256) = _seen!.Carry(_statePath, state.Run + 1, window.End - state.Request.Lookback!.Value);
            state = state with { Cursor = null, Repeating = [], Window = window with { MarginBytes = carried, SeenBytes = carried, SeenSha256 = sha256 } };
        }

        Save(state);
        if (_seen is not null) SeenItems.Forget(_statePath, state.Run);
    }

    public override async ValueTask DisposeAsync()
    {
        // What is still buffered was not committed: the next run cuts it off, or never sees it.
        await _file.DisposeAsync();
        _seen?.Dispose();
        _lock.Dispose();
    }

    /// <summary>The name of a file until the run that begins it is complete: not the one that a run without a state writes anew.</summary>
    private static string UnfinishedOf(string path) => path + ".unfinished";

    private static IReadOnlyList<string> FilesOf(string statePath) => [.. DurableFile.FilesOf(statePath), StateLock.FileOf(statePath)];

    private static ExportState NextRun(string statePath, ExportState? last, ExportRequest request, bool isWhole, DateTimeOffset now)
    {
        var run = (last?.Run ?? 0) + 1;
        var file = Path.GetFullPath(request.Output
            .Replace("{run}", run.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{date}", now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), StringComparison.Ordinal));
        foreach (var name in (string[])[file, UnfinishedOf(file)])
        {
            if (FilesOf(statePath).FirstOrDefault(taken => AreOneFile(taken, name)) is { } used)
            {
                throw new UsageException($"--output '{file}' would overwrite '{used}', a file of --state itself; give one of them another name.");
            }
        }

        if (SeenItems.IsNameOf(statePath, file)) throw new UsageException($"--output '{file}' has a name that --state keeps for files of its own; give one of them another name.");

        // The name without placeholders is always the same, and with {date} it is that of another run of the day.
        if (last is not null && last.File == file && !isWhole) return last with { Run = run, Complete = false };

        var folder = Path.GetDirectoryName(file)!;
        if (!Directory.Exists(folder)) throw new UsageException($"--output '{request.Output}' cannot be written: There is no folder '{folder}'.");
        if (((string[])[file, UnfinishedOf(file)]).FirstOrDefault(Path.Exists) is { } other)
        {
            throw new UsageException(
                $"--output '{other}' is there already, but not from this run. " +
                (last is null ? "Move it away, or give the --state that belongs to it." : "Move it away, or put {run} into the name."));
        }

        return new ExportState
        {
            Request = request,
            Run = run,
            Complete = false,
            File = file,
            Named = false,
            Length = 0,
            Sha256 = HashedStream.Sha256OfNothing,
            Rows = 0,
            Cursor = last?.Cursor,
            Repeating = last?.Repeating ?? [],
            TimeUnit = last?.TimeUnit,
            Window = null,
        };
    }

    /// <summary>With a lookback, a run begins that much before the end of the one before, and has a fixed end.</summary>
    private static ExportState InWindow(ExportState state, RunWindow? last, DateTimeOffset end, bool isEndGiven)
    {
        if (state.Request.Lookback is not { } lookback) return state;
        var start = last is null ? state.Request.Start : last.End - lookback;
        var behind = last is null ? state.Request.Start : last.End;
        if (end <= behind)
        {
            throw new UsageException(
                $"{(isEndGiven ? "--end" : "Now")} ({end.UtcDateTime:O}) must be behind {(last is null ? "--start" : "the end of the run before")} ({behind.Value.UtcDateTime:O}).");
        }

        // No export begins before there was time.
        if (start < DateTimeOffset.UnixEpoch) start = DateTimeOffset.UnixEpoch;
        return state with { Window = new RunWindow(start, end, last?.MarginBytes ?? 0, last?.SeenBytes ?? 0, last?.SeenSha256 ?? HashedStream.Sha256OfNothing) };
    }

    private static SeenItems? OpenSeen(string statePath, ExportState state)
    {
        try
        {
            return state.Window is { } window ? SeenItems.Open(statePath, state.Run, window) : null;
        }
        catch (InvalidDataException exception)
        {
            throw new UsageException($"--state '{statePath}' cannot be gone on with: {exception.Message}. Restore it, or begin anew with another --state and another --output.");
        }
    }

    /// <summary>Reads the valid bytes once, which finds any change to them, and cuts off the rest.</summary>
    private static StatefulFile Open(IDisposable taken, string statePath, ExportState state, bool isWhole, bool isNewRun)
    {
        const string WhatToDo = "Restore it, or begin anew with another --state and another --output";

        // A file that is there is checked before anything changes. A new one comes behind its state: it would be somebody else's without one.
        if (isNewRun && !state.Named) state.Save(statePath);
        var isNamed = state.Named;
        var path = isNamed ? state.File : UnfinishedOf(state.File);
        if (!state.Named && !isWhole && File.Exists(state.File))
        {
            // Killed behind the renaming, before the state told of it.
            if (File.Exists(path) || new FileInfo(state.File).Length != state.Length) throw new UsageException($"--output '{state.File}' is there already, but not from this run. Move it away.");
            (path, state) = (state.File, state with { Named = true });
        }

        if (state is { Named: true } or { Length: > 0 } && !File.Exists(path)) throw new UsageException($"--output '{path}' is gone, but '{statePath}' counts on {state.Length} bytes of it. {WhatToDo}.");
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, state.Named ? FileShare.Read : FileShare.None, bufferSize: 0);
        try
        {
            DurableFile.FlushFolderOf(path);
            if (file.Length < state.Length) throw new UsageException($"--output '{path}' has {file.Length} bytes, but '{statePath}' counts on {state.Length}. {WhatToDo}.");
            var hashed = new HashedStream(file);
            hashed.Include(file, state.Length);
            if (hashed.Sha256 != state.Sha256) throw new UsageException($"--output '{path}' was changed since '{statePath}' was written. {WhatToDo}.");
            if (isNewRun && state.Named)
            {
                // The run before came to its end: what stands behind that is no page that a kill broke off.
                if (file.Length > state.Length) throw new UsageException($"--output '{path}' was added to since '{statePath}' was written: it has {file.Length} bytes and not {state.Length}. {WhatToDo}.");
                state.Save(statePath);
            }

            // The name that a killed run left untold is told before anything stands behind what it wrote.
            if (state.Named != isNamed) state.Save(statePath);
            file.SetLength(state.Length);
            return new StatefulFile(taken, statePath, state, file, hashed, isWhole, OpenSeen(statePath, state));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private async Task CommitAsync()
    {
        await BringToDiskAsync();
        _seen?.BringToDisk();
        Save(_next with { Length = _hashed.Bytes, Sha256 = _hashed.Sha256, Window = _next.Window is { } window ? window with { SeenBytes = _seen!.Bytes, SeenSha256 = _seen.Sha256 } : null });
        _committedAt = Environment.TickCount64;
    }

    private async Task BringToDiskAsync()
    {
        await Stream.FlushAsync();
        _file.Flush(flushToDisk: true);
    }

    private void Save(ExportState state)
    {
        state.Save(_statePath);
        (_state, _next) = (state, state);
    }
}
