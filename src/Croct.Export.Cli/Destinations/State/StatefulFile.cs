using Croct.Export.Checkpoints;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Destinations.State;

/// <summary>
/// A file with a state next to it, which records how many of its bytes are valid and the cursor that follows them. A page is committed in this order: its
/// rows are flushed to disk, then the state is replaced, by rename. After a kill at any instant, the file is cut to the length in the state and continued,
/// so that every row is in it once. The run that creates a file gives it its name once it is complete. Later runs that append to it do so in place.
/// </summary>
internal sealed class StatefulFile : Destination
{
    private const int BufferSize = 256 * 1024;
    private const string RestoreAdvice = "Restore it from a backup, or start over with another --state and another --output";

    /// <summary>Flushing to disk takes milliseconds. A kill costs at most the pages of this interval, which are fetched again.</summary>
    private static readonly TimeSpan CommitInterval = TimeSpan.FromMilliseconds(100);

    private readonly IDisposable _lock;
    private readonly string _statePath;
    private readonly FileStream _file;
    private readonly HashedStream _hashed;
    private readonly BufferedStream _buffered;
    private readonly bool _isWhole;
    private readonly SeenItems? _seen;
    private readonly bool _isPublished;
    private readonly long _earlierRows;
    private ExportState _state;
    private ExportState _next;
    private long _committedAt = Environment.TickCount64;

    private StatefulFile(
        IDisposable taken,
        string statePath,
        ExportState state,
        FileStream file,
        HashedStream hashed,
        bool isWhole,
        SeenItems? seen,
        bool isSuperseded,
        bool isPublished)
    {
        (_lock, _statePath, _state, _next) = (taken, statePath, state, state);
        (_file, _hashed, _isWhole, _seen, _isPublished) = (file, hashed, isWhole, seen, isPublished);
        _earlierRows = state.Rows;
        _buffered = new BufferedStream(hashed, BufferSize);
        Target = new PageTarget(_buffered, state.Length > 0, state.Columns, state.Repeating, seen is null ? null : seen.Has);
        Resume = new ResumePoint(state.Cursor, state.TimeUnit, state.Window.Start, state.Window.End, state.Newest, isSuperseded);
    }

    public override string Name => _state.Complete ? GetFilePath(_statePath, _state) : _file.Name;

    public override PageTarget Target { get; }

    public override IReadOnlyList<string> Files =>
    [
        GetFilePath(_statePath, _state),
        GetUnfinishedPath(GetFilePath(_statePath, _state)),
        .. GetFiles(_statePath),
        .. _seen is null ? [] : SeenItems.GetFiles(_statePath, _state.Run),
    ];

    public override long Bytes => _hashed.Bytes;

    public override KeptRows Kept => !_isWhole || _state.Complete
        ? new(_state.Rows - _earlierRows, _state.Length, _state.Sha256, _state.Cursor)
        : KeptRows.None with { Cursor = Resume.Cursor };

    public override ResumePoint Resume { get; }

    public override int? Run => _state.Run;

    /// <summary>The files of a state, apart from those of its runs.</summary>
    /// <exception cref="UsageException">The path is in a loop of symbolic links.</exception>
    public static IReadOnlyList<string> GetFiles(string statePath)
    {
        var path = ResolveTarget(statePath, mustExist: false);
        return [.. DurableFile.GetFiles(path), StateLock.GetFilePath(path)];
    }

    /// <summary>Opens the file of a run: the previous run if it was interrupted, otherwise the next one.</summary>
    /// <param name="statePath">The path of the state; if there is no state yet, this is the first run.</param>
    /// <param name="request">What is exported; it must be equal to the request in the state. Its output is a full path.</param>
    /// <param name="isWhole">Whether the format cannot be continued: each run then writes a whole file, and names it once it is complete.</param>
    /// <param name="columns">The version of the columns of a new file; null for a format without columns.</param>
    /// <param name="checkColumns">Throws if a file with columns of the given version cannot be continued.</param>
    /// <param name="window">How the window of a new run is determined.</param>
    /// <param name="now">The date for the name of a new file.</param>
    /// <returns>The file; null if the window has not moved since the previous run, so that there is nothing to do.</returns>
    /// <exception cref="UsageException">The state, the file and the request do not match; the message says what to do.</exception>
    public static StatefulFile? Open(
        string statePath,
        ExportRequest request,
        bool isWhole,
        string? columns,
        Action<string?> checkColumns,
        WindowPlan window,
        DateTimeOffset now)
    {
        // The other files of a state, the lock above all, are next to the file itself, whichever link points to it.
        statePath = ResolveTarget(statePath);
        request = request with { Output = Path.GetRelativePath(Path.GetDirectoryName(statePath)!, request.Output) };
        var taken = StateLock.Take(statePath);
        try
        {
            var state = ExportState.Load(statePath);
            if (state?.Request.FindDifference(request) is { } difference)
            {
                throw new UsageException(
                    $"--state '{statePath}' belongs to another export: {difference}. Repeat the earlier command, or use another --state and another --output.");
            }

            if (state is { Complete: false })
            {
                var isSuperseded = window.HasOwnEnd && state.Window.End < window.End;
                return Open(taken, statePath, state, isWhole, columns, checkColumns, isNewRun: false, isSuperseded);
            }

            if (NextWindow(state, window) is { } next)
            {
                var run = NextRun(statePath, state, request, isWhole, next, now);
                return Open(taken, statePath, run, isWhole, columns, checkColumns, isNewRun: true, isSuperseded: false);
            }

            taken.Dispose();
            return null;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    public override async Task CommitAsync(WrittenPage page)
    {
        _next = _next with
        {
            Cursor = page.ResumeCursor ?? _next.Cursor,
            TimeUnit = page.TimeUnit ?? _next.TimeUnit,
            Repeating = page.Repeating,
            Rows = _next.Rows + page.Rows,
            Newest = page.Times.Last > _next.Newest || _next.Newest is null ? page.Times.Last ?? _next.Newest : _next.Newest,
        };
        _seen?.Add(page.Keys);
        if (!_isWhole && Environment.TickCount64 - _committedAt >= CommitInterval.TotalMilliseconds) await SuspendAsync();
    }

    public override async Task SuspendAsync()
    {
        if (!_isWhole && !ReferenceEquals(_next, _state)) await CommitAsync();
    }

    public override async Task CompleteAsync(bool isEndUnconfirmed)
    {
        // The state covers the whole file before the file gets its name: a kill after that must not leave a file that looks like somebody else's.
        if (!_isWhole && !_state.Named)
        {
            await CommitAsync();
        }
        else
        {
            await FlushAsync();

            // The cursor is not saved: without its name, a whole file is written again. If the file has its name after all, these values show that it is ours.
            if (!_state.Named) (_state with { Length = _hashed.Bytes, Sha256 = _hashed.Sha256 }).Save(_statePath);
        }

        var state = _next with { Length = _hashed.Bytes, Sha256 = _hashed.Sha256, Complete = true, Named = true };
        await _buffered.DisposeAsync();
        if (!_state.Named) Publish();
        if (_seen is not null)
        {
            // The next run's file exists before the state refers to it. This run's file is deleted only when the state no longer does.
            state = state with { Seen = _seen.WriteNextRun(_statePath, state.Run + 1, state.Window.End!.Value - state.Request.Lookback!.Value) };
        }

        Save(state);
        if (_seen is not null) SeenItems.Forget(_statePath, state.Run);
    }

    public override async ValueTask DisposeAsync()
    {
        // Rows that are still buffered were not committed: the next run cuts them off, or never sees them.
        await _file.DisposeAsync();
        _seen?.Dispose();
        _lock.Dispose();
    }

    /// <summary>The file that the path of a state refers to, after following links.</summary>
    /// <param name="statePath">The path.</param>
    /// <param name="mustExist">Whether its folder must exist already.</param>
    /// <exception cref="UsageException">The path is a folder, its folder does not exist, or its links form a loop.</exception>
    private static string ResolveTarget(string statePath, bool mustExist = true)
    {
        try
        {
            var path = Path.GetFullPath(statePath);
            if (mustExist) DurableFile.CheckPath(path);
            return DurableFile.ResolveLinks(path);
        }
        catch (IOException exception)
        {
            throw new UsageException($"--state '{statePath}' cannot be written: {exception.Message}");
        }
    }

    private static string GetFilePath(string statePath, ExportState state) => Path.GetFullPath(state.File, Path.GetDirectoryName(statePath)!);

    /// <summary>The name of a file until the run that creates it is complete. It differs from the one that runs without a state start over.</summary>
    private static string GetUnfinishedPath(string path) => path + ".unfinished";

    /// <summary>The window of the next run; null if it would be empty and that is not an error.</summary>
    private static RunWindow? NextWindow(ExportState? last, WindowPlan plan)
    {
        if (last is not null && !plan.HasOwnEnd) return last.Window;
        var before = last?.Window.End ?? plan.Start;
        if (plan.HasOwnEnd && plan.End <= before)
        {
            if (last is not null && plan.MayBeEmpty) return null;
            throw new UsageException(
                $"{(plan.IsEndGiven ? "--end" : "The current time")} ({plan.End.Value.UtcDateTime:O}) must be after " +
                $"{(last is null ? "--start" : "the end of the previous run")} ({before.Value.UtcDateTime:O}).");
        }

        var start = last is null ? plan.Start : last.Window.End - (last.Request.Lookback ?? TimeSpan.Zero);
        return new RunWindow(start < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : start, plan.End);
    }

    private static ExportState NextRun(string statePath, ExportState? last, ExportRequest request, bool isWhole, RunWindow window, DateTimeOffset now)
    {
        var folder = Path.GetDirectoryName(statePath)!;
        var run = (last?.Run ?? 0) + 1;
        var file = DurableFile.ResolveLinks(Path.GetFullPath(NamePattern.Fill(request.Output, run, now), folder));
        foreach (var name in (string[])[file, GetUnfinishedPath(file)])
        {
            if (GetFiles(statePath).FirstOrDefault(taken => IsSameFile(taken, name)) is { } used)
            {
                throw new UsageException($"--output '{file}' would overwrite '{used}', a file of --state itself; give one of them another name.");
            }
        }

        if (SeenItems.IsNameOf(statePath, file))
        {
            throw new UsageException($"--output '{file}' has a name that is reserved for files of --state; give one of them another name.");
        }

        // A cursor is only valid in its own window. The seen items are those of the margin, in which the new window overlaps the previous one.
        var isSameWindow = last is not null && last.Window == window;
        var next = new ExportState
        {
            Request = request,
            Run = run,
            Complete = false,
            File = Path.GetRelativePath(folder, file),
            Named = false,
            Length = 0,
            Sha256 = HashedStream.EmptySha256,
            Rows = 0,
            Newest = last?.Newest,
            Cursor = isSameWindow ? last!.Cursor : request.Cursor,
            Repeating = isSameWindow ? last!.Repeating : [],
            TimeUnit = last?.TimeUnit,
            Window = window,
            Seen = request.Lookback is null ? null : last?.Seen ?? new SeenBytes(0, 0, HashedStream.EmptySha256),
        };

        // A name without placeholders is always the same, and one with {date} is the same for all runs of a day.
        if (last is not null && last.File == next.File && !isWhole)
        {
            return (next with { Named = last.Named, Length = last.Length, Sha256 = last.Sha256, Rows = last.Rows }).WithColumns(last.Columns);
        }

        if (!Directory.Exists(Path.GetDirectoryName(file)))
        {
            throw new UsageException($"--output '{file}' cannot be written: the folder '{Path.GetDirectoryName(file)}' does not exist. Create it first.");
        }

        if (((string[])[file, GetUnfinishedPath(file)]).FirstOrDefault(Path.Exists) is { } other)
        {
            throw new UsageException(DescribeExistingFile(other, last, next.File));
        }
        return next;
    }

    private static string DescribeExistingFile(string file, ExportState? last, string name) =>
        last is null
            ? $"--output '{file}' already exists and is not from this export. Move or rename it, or pass the --state that belongs to it."
            : last.File == name
                ? $"--output '{file}' already exists: an earlier run of this day wrote it. " +
                  "Move or rename it and run the command again, or run it again tomorrow. " +
                  "For a file per run, start with another --state, and {run} in the name of --output."
                : $"--output '{file}' already exists and is not from this export. Move or rename it, and run the command again.";

    private static SeenItems? OpenSeen(string statePath, ExportState state)
    {
        try
        {
            return state.Seen is { } valid ? SeenItems.Open(statePath, state.Run, valid) : null;
        }
        catch (InvalidDataException exception)
        {
            throw new UsageException($"--state '{statePath}' cannot be continued: {exception.Message}. {RestoreAdvice}.");
        }
    }

    /// <summary>Whether a file has the content that a state describes.</summary>
    private static bool HasContentOf(string path, ExportState state)
    {
        using var file = File.OpenRead(path);
        return state.Length > 0 && file.Length == state.Length && Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file)) == state.Sha256;
    }

    /// <summary>Reads the valid bytes once, to detect any change to them, and cuts off the rest.</summary>
    private static StatefulFile Open(
        IDisposable taken,
        string statePath,
        ExportState state,
        bool isWhole,
        string? columns,
        Action<string?> checkColumns,
        bool isNewRun,
        bool isSuperseded)
    {
        if (state.Length > 0 && !isWhole) checkColumns(state.Columns);

        // An existing file is checked before anything changes. A new one is created after its state: without one, it would look like somebody else's.
        if (isNewRun && !state.Named) state.Save(statePath);
        var isNamed = state.Named;
        var named = GetFilePath(statePath, state);
        var path = isNamed ? named : GetUnfinishedPath(named);
        if (!state.Named && !isWhole && File.Exists(named))
        {
            // Killed after the rename, before the state recorded it.
            if (File.Exists(path) || new FileInfo(named).Length != state.Length)
            {
                throw new UsageException($"--output '{named}' already exists and is not from this run. Move or rename it, and run the command again.");
            }

            (path, state) = (named, state with { Named = true });
        }

        // Killed around the rename of a file that cannot be continued: it is written again, and replaces the one that has the name.
        var isPublished = isWhole && !state.Named && File.Exists(named);
        if (isPublished && !HasContentOf(named, state))
        {
            throw new UsageException($"--output '{named}' already exists and is not from this run. Move or rename it, and run the command again.");
        }

        if (isWhole && !state.Named) state = state with { Length = 0, Sha256 = HashedStream.EmptySha256 };
        if (state.Length == 0) state = state.WithColumns(columns);
        if (state is { Named: true } or { Length: > 0 } && !File.Exists(path))
        {
            throw new UsageException($"--output '{path}' is missing, but '{statePath}' expects {state.Length} bytes in it. {RestoreAdvice}.");
        }

        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, state.Named ? FileShare.Read : FileShare.None, bufferSize: 0);
        try
        {
            DurableFile.FlushFolder(path);
            if (file.Length < state.Length)
            {
                throw new UsageException($"--output '{path}' has {file.Length} bytes, but '{statePath}' expects at least {state.Length}. {RestoreAdvice}.");
            }

            var hashed = new HashedStream(file);
            hashed.Include(file, state.Length);
            if (hashed.Sha256 != state.Sha256) throw new UsageException($"--output '{path}' has changed since '{statePath}' was written. {RestoreAdvice}.");
            if (isNewRun && state.Named)
            {
                // The previous run was complete, so further bytes are not from a page that a kill cut off.
                if (file.Length > state.Length)
                {
                    throw new UsageException(
                        $"--output '{path}' has grown since '{statePath}' was written: it has {file.Length} bytes instead of {state.Length}. {RestoreAdvice}.");
                }

                state.Save(statePath);
            }

            // If a killed run did not record the name, it is recorded before anything is written after its rows.
            if (state.Named != isNamed) state.Save(statePath);
            file.SetLength(state.Length);
            return new StatefulFile(taken, statePath, state, file, hashed, isWhole, OpenSeen(statePath, state), isSuperseded, isPublished);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Gives the file its name, unless something else has taken the name since the run started.</summary>
    private void Publish()
    {
        var named = GetFilePath(_statePath, _state);
        if (_isPublished) DurableFile.Move(_file.Name, named);
        else if (!DurableFile.TryMoveWithoutReplacing(_file.Name, named))
        {
            throw new IOException(
                $"'{named}' has appeared since the run started, and is not overwritten. The exported rows are in '{_file.Name}'. " +
                $"Move or rename '{named}', and run the command again.");
        }
    }

    private async Task CommitAsync()
    {
        await FlushAsync();
        _seen?.Flush();
        var seen = _seen is null ? null : _next.Seen! with { Length = _seen.Bytes, Sha256 = _seen.Sha256 };
        Save(_next with { Length = _hashed.Bytes, Sha256 = _hashed.Sha256, Seen = seen });
        _committedAt = Environment.TickCount64;
    }

    private async Task FlushAsync()
    {
        await _buffered.FlushAsync();
        _file.Flush(flushToDisk: true);
    }

    private void Save(ExportState state)
    {
        state.Save(_statePath);
        (_state, _next) = (state, state);
    }
}
