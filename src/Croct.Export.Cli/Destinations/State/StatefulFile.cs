using Croct.Export.Checkpoints;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Destinations.State;

/// <summary>
/// A file with a state beside it, which says which of its bytes are valid and the cursor after them. A page is committed in this order: its rows
/// to the disk, then the state, by rename. Killed at any instant, the file is cut to what the state says and continued: every row is
/// there once. The run that begins a file gives it its name when it is complete; later runs, if they add to it, do so where it is.
/// </summary>
internal sealed class StatefulFile : Destination
{
    private const int BufferSize = 256 * 1024;
    private const string WhatToDo = "Restore it, or start over with another --state and another --output";

    /// <summary>Bringing data to the disk takes milliseconds; a kill costs no more than the pages of this time, which are fetched once more.</summary>
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

    private StatefulFile(IDisposable taken, string statePath, ExportState state, FileStream file, HashedStream hashed, bool isWhole, SeenItems? seen, bool isOutrun, bool isPublished)
    {
        (_lock, _statePath, _state, _next, _file, _hashed, _isWhole, _seen, _isPublished) = (taken, statePath, state, state, file, hashed, isWhole, seen, isPublished);
        _earlierRows = state.Rows;
        _buffered = new BufferedStream(hashed, BufferSize);
        Target = new PageTarget(_buffered, state.Length > 0, state.Columns, state.Repeating, seen is null ? null : seen.Has);
        Resume = new ResumePoint(state.Cursor, state.TimeUnit, state.Window.Start, state.Window.End, state.Newest, isOutrun);
    }

    public override string Name => _state.Complete ? FileOf(_statePath, _state) : _file.Name;

    public override PageTarget Target { get; }

    public override IReadOnlyList<string> Files =>
        [FileOf(_statePath, _state), UnfinishedOf(FileOf(_statePath, _state)), .. FilesOf(_statePath), .. _seen is null ? [] : SeenItems.FilesOf(_statePath, _state.Run)];

    public override long Bytes => _hashed.Bytes;

    public override KeptRows Kept => !_isWhole || _state.Complete ? new(_state.Rows - _earlierRows, _state.Length, _state.Sha256, _state.Cursor) : KeptRows.None with { Cursor = Resume.Cursor };

    public override ResumePoint Resume { get; }

    public override int? Run => _state.Run;

    /// <summary>The files that a state consists of, whatever its runs are called.</summary>
    /// <exception cref="UsageException">The path leads nowhere.</exception>
    public static IReadOnlyList<string> FilesOf(string statePath)
    {
        var path = TargetOf(statePath, isThereYet: false);
        return [.. DurableFile.FilesOf(path), StateLock.FileOf(path)];
    }

    /// <summary>Opens the file of a run: that of the run before if it was interrupted, else the next one.</summary>
    /// <param name="statePath">The state; if there is none yet, this is the first run.</param>
    /// <param name="request">What is exported; that of the state must be the same. Its output is a full path.</param>
    /// <param name="isWhole">Whether the format cannot be continued, so that a run starts its file over, and names it when it is complete.</param>
    /// <param name="columns">The version of the columns that a file has which is begun now; null for a form without columns.</param>
    /// <param name="checkColumns">Fails if a file with columns of that version cannot be continued.</param>
    /// <param name="window">How the window of a new run is worked out.</param>
    /// <param name="now">The date of a new file.</param>
    /// <returns>The file; null if the window has not moved since the run before, so that there is nothing to do.</returns>
    /// <exception cref="UsageException">State, file and request do not go together; the message says what to do.</exception>
    public static StatefulFile? Open(string statePath, ExportRequest request, bool isWhole, string? columns, Action<string?> checkColumns, WindowPlan window, DateTimeOffset now)
    {
        // All that stands beside a state, and above all the lock, is beside the file itself, whichever link led there.
        statePath = TargetOf(statePath);
        request = request with { Output = Path.GetRelativePath(Path.GetDirectoryName(statePath)!, request.Output) };
        var taken = StateLock.Take(statePath);
        try
        {
            var state = ExportState.Load(statePath);
            if (state?.Request.DifferenceTo(request) is { } difference)
            {
                throw new UsageException($"--state '{statePath}' belongs to another export: {difference}. Give this one another --state and another --output.");
            }

            if (state is { Complete: false }) return Open(taken, statePath, state, isWhole, columns, checkColumns, isNewRun: false, isOutrun: window.HasOwnEnd && state.Window.End < window.End);
            if (NextWindow(state, window) is { } next) return Open(taken, statePath, NextRun(statePath, state, request, isWhole, next, now), isWhole, columns, checkColumns, isNewRun: true, isOutrun: false);
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

    public override async Task CompleteAsync()
    {
        // The state knows all of the file before it gets its name: after that, a kill must leave nothing that looks like somebody else's.
        if (!_isWhole && !_state.Named)
        {
            await CommitAsync();
        }
        else
        {
            await BringToDiskAsync();

            // Not the cursor: without its name, a whole file is made again. It is then known to be ours if it has the name after all.
            if (!_state.Named) (_state with { Length = _hashed.Bytes, Sha256 = _hashed.Sha256 }).Save(_statePath);
        }

        var state = _next with { Length = _hashed.Bytes, Sha256 = _hashed.Sha256, Complete = true, Named = true };
        await _buffered.DisposeAsync();
        if (!_state.Named) Publish();
        if (_seen is not null)
        {
            // The file of the next run is there before the state counts on it; that of this run is gone only when it does no more.
            state = state with { Seen = _seen.Carry(_statePath, state.Run + 1, state.Window.End!.Value - state.Request.Lookback!.Value) };
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

    /// <summary>The file that a path of a state means.</summary>
    /// <param name="statePath">The path.</param>
    /// <param name="isThereYet">Whether its folder has to be there already.</param>
    /// <exception cref="UsageException">There is a folder, or no folder for it.</exception>
    private static string TargetOf(string statePath, bool isThereYet = true)
    {
        try
        {
            var path = Path.GetFullPath(statePath);
            if (isThereYet) DurableFile.CheckPlaceOf(path);
            return DurableFile.TargetOf(path);
        }
        catch (IOException exception)
        {
            throw new UsageException($"--state '{statePath}' cannot be written: {exception.Message}");
        }
    }

    private static string FileOf(string statePath, ExportState state) => Path.GetFullPath(state.File, Path.GetDirectoryName(statePath)!);

    /// <summary>The name of a file until the run that begins it is complete: not the one that a run without a state writes anew.</summary>
    private static string UnfinishedOf(string path) => path + ".unfinished";

    /// <summary>The window of the next run; null if it would be empty, and that is no slip.</summary>
    private static RunWindow? NextWindow(ExportState? last, WindowPlan plan)
    {
        if (last is not null && !plan.HasOwnEnd) return last.Window;
        var before = last?.Window.End ?? plan.Start;
        if (plan.HasOwnEnd && plan.End <= before)
        {
            if (last is not null && plan.MayBeEmpty) return null;
            throw new UsageException(
                $"{(plan.IsEndGiven ? "--end" : "Now")} ({plan.End.Value.UtcDateTime:O}) must be after {(last is null ? "--start" : "the end of the run before")} ({before.Value.UtcDateTime:O}).");
        }

        var start = last is null ? plan.Start : last.Window.End - (last.Request.Lookback ?? TimeSpan.Zero);

        // No export begins before there was time.
        return new RunWindow(start < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : start, plan.End);
    }

    private static ExportState NextRun(string statePath, ExportState? last, ExportRequest request, bool isWhole, RunWindow window, DateTimeOffset now)
    {
        var folder = Path.GetDirectoryName(statePath)!;
        var run = (last?.Run ?? 0) + 1;
        var file = DurableFile.TargetOf(Path.GetFullPath(NamePattern.Fill(request.Output, run, now), folder));
        foreach (var name in (string[])[file, UnfinishedOf(file)])
        {
            if (FilesOf(statePath).FirstOrDefault(taken => AreOneFile(taken, name)) is { } used)
            {
                throw new UsageException($"--output '{file}' would overwrite '{used}', a file of --state itself; give one of them another name.");
            }
        }

        if (SeenItems.IsNameOf(statePath, file)) throw new UsageException($"--output '{file}' has a name that --state keeps for files of its own; give one of them another name.");

        // Another window has cursors of its own. The margin of the one before is what this one has in common with it.
        var isSameWindow = last is not null && last.Window == window;
        var next = new ExportState
        {
            Request = request,
            Run = run,
            Complete = false,
            File = Path.GetRelativePath(folder, file),
            Named = false,
            Length = 0,
            Sha256 = HashedStream.Sha256OfNothing,
            Rows = 0,
            Newest = last?.Newest,
            Cursor = isSameWindow ? last!.Cursor : request.Cursor,
            Repeating = isSameWindow ? last!.Repeating : [],
            TimeUnit = last?.TimeUnit,
            Window = window,
            Seen = request.Lookback is null ? null : last?.Seen ?? new SeenBytes(0, 0, HashedStream.Sha256OfNothing),
        };

        // The name without placeholders is always the same, and with {date} it is that of another run of the day.
        if (last is not null && last.File == next.File && !isWhole) return (next with { Named = last.Named, Length = last.Length, Sha256 = last.Sha256, Rows = last.Rows }).WithColumns(last.Columns);
        if (!Directory.Exists(Path.GetDirectoryName(file))) throw new UsageException($"--output '{file}' cannot be written: there is no folder '{Path.GetDirectoryName(file)}'.");
        if (((string[])[file, UnfinishedOf(file)]).FirstOrDefault(Path.Exists) is { } other) throw new UsageException(Taken(other, last, next.File));
        return next;
    }

    private static string Taken(string file, ExportState? last, string name) =>
        last is null ? $"--output '{file}' is there already, but not from this export. Move it away, or pass the --state that belongs to it."
        : last.File == name ? $"--output '{file}' is there already: a run of this day has made it. Move it away and run this again, or run it again tomorrow. A state whose --output has {{run}} in its name from the first run on makes a file for each run."
        : $"--output '{file}' is there already, but not from this export. Move it away, and run this again.";

    private static SeenItems? OpenSeen(string statePath, ExportState state)
    {
        try
        {
            return state.Seen is { } valid ? SeenItems.Open(statePath, state.Run, valid) : null;
        }
        catch (InvalidDataException exception)
        {
            throw new UsageException($"--state '{statePath}' cannot be continued: {exception.Message}. {WhatToDo}.");
        }
    }

    /// <summary>Whether a file has the content that a state knows.</summary>
    private static bool IsOurs(string path, ExportState state)
    {
        using var file = File.OpenRead(path);
        return state.Length > 0 && file.Length == state.Length && Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file)) == state.Sha256;
    }

    /// <summary>Reads the valid bytes once, which finds any change to them, and cuts off the rest.</summary>
    private static StatefulFile Open(IDisposable taken, string statePath, ExportState state, bool isWhole, string? columns, Action<string?> checkColumns, bool isNewRun, bool isOutrun)
    {
        if (state.Length > 0 && !isWhole) checkColumns(state.Columns);

        // A file that is there is checked before anything changes. A new one comes after its state: it would be somebody else's without one.
        if (isNewRun && !state.Named) state.Save(statePath);
        var isNamed = state.Named;
        var named = FileOf(statePath, state);
        var path = isNamed ? named : UnfinishedOf(named);
        if (!state.Named && !isWhole && File.Exists(named))
        {
            // Killed after the renaming, before the state told of it.
            if (File.Exists(path) || new FileInfo(named).Length != state.Length) throw new UsageException($"--output '{named}' is there already, but not from this run. Move it away, and run this again.");
            (path, state) = (named, state with { Named = true });
        }

        // Killed around the renaming of a file that cannot be continued: it is made again, and takes the place of the one that has the name.
        var isPublished = isWhole && !state.Named && File.Exists(named);
        if (isPublished && !IsOurs(named, state)) throw new UsageException($"--output '{named}' is there already, but not from this run. Move it away, and run this again.");
        if (isWhole && !state.Named) state = state with { Length = 0, Sha256 = HashedStream.Sha256OfNothing };
        if (state.Length == 0) state = state.WithColumns(columns);
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
                // The run before came to its end: what comes after that is no page that a kill broke off.
                if (file.Length > state.Length) throw new UsageException($"--output '{path}' was added to since '{statePath}' was written: it has {file.Length} bytes and not {state.Length}. {WhatToDo}.");
                state.Save(statePath);
            }

            // The name that a killed run left untold is told before anything stands after what it wrote.
            if (state.Named != isNamed) state.Save(statePath);
            file.SetLength(state.Length);
            return new StatefulFile(taken, statePath, state, file, hashed, isWhole, OpenSeen(statePath, state), isOutrun, isPublished);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Gives the file its name, unless something else has taken it since the run began.</summary>
    private void Publish()
    {
        var named = FileOf(_statePath, _state);
        if (_isPublished) DurableFile.Move(_file.Name, named);
        else if (!DurableFile.TryMoveToNew(_file.Name, named))
        {
            throw new IOException($"'{named}' has appeared since the run began, and is not overwritten. What was exported is in '{_file.Name}'. Move '{named}' away, and run this again.");
        }
    }

    private async Task CommitAsync()
    {
        await BringToDiskAsync();
        _seen?.BringToDisk();
        Save(_next with { Length = _hashed.Bytes, Sha256 = _hashed.Sha256, Seen = _seen is null ? null : _next.Seen! with { Length = _seen.Bytes, Sha256 = _seen.Sha256 } });
        _committedAt = Environment.TickCount64;
    }

    private async Task BringToDiskAsync()
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
