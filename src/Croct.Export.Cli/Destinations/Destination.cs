using Croct.Export.Checkpoints;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Destinations;

/// <summary>Where the rows of an export are written.</summary>
internal abstract class Destination : IAsyncDisposable
{
    /// <summary>The file, or - for standard output.</summary>
    public abstract string Name { get; }

    /// <summary>The information that a format needs to write pages here.</summary>
    public abstract PageTarget Target { get; }

    /// <summary>All files that the export writes, so that nothing else writes to them.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>The number of bytes written to the file, those of earlier runs included.</summary>
    public abstract long Bytes { get; }

    /// <summary>The rows that are permanently in the file, whatever happens to the rest of the run.</summary>
    public abstract KeptRows Kept { get; }

    /// <summary>Where an earlier run stopped; null if this is the first run.</summary>
    public virtual ResumePoint? Resume => null;

    /// <summary>The number of the run, from 1; null if runs are not counted.</summary>
    public virtual int? Run => null;

    /// <summary>Records that a page was written in full, so that the export may resume after it.</summary>
    public abstract Task CommitAsync(WrittenPage page);

    /// <summary>Keeps the committed pages when the export stops before its end.</summary>
    public virtual Task SuspendAsync() => Task.CompletedTask;

    /// <summary>The number of parts that this run added to a dataset; null without one.</summary>
    public virtual int? Parts => null;

    /// <summary>Whether the pages are written in parts, each of which is kept even if the export fails.</summary>
    public virtual bool HasParts => false;

    /// <summary>Whether the part being written is long enough to be ended before the next page.</summary>
    public virtual bool IsPartFull => false;

    /// <summary>Ends a part, after which <see cref="Target"/> is the next one.</summary>
    /// <returns>False if the part ends elsewhere, as written by another process, so that the export must continue at <see cref="Resume"/>.</returns>
    public virtual Task<bool> TryEndPartAsync() => Task.FromResult(true);

    /// <summary>Completes the file or dataset.</summary>
    /// <param name="isEndUnconfirmed">Whether the export ended although the API did not confirm the end of the data.</param>
    public abstract Task CompleteAsync(bool isEndUnconfirmed);

    /// <summary>Says where an unfinished export left the data received so far, once this is disposed; null if it left none.</summary>
    public virtual string? LeftoverMessage => null;

    public abstract ValueTask DisposeAsync();

    /// <summary>Whether two paths refer to the same file. Symbolic links are followed; other names of a file are not detected.</summary>
    public static bool IsSameFile(string one, string other) =>
        string.Equals(ResolveTarget(one), ResolveTarget(other), OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    private static string ResolveTarget(string path)
    {
        try
        {
            return DurableFile.ResolveLinks(Path.GetFullPath(path));
        }
        catch (IOException)
        {
            // A loop of links is reported when it is opened.
            return Path.GetFullPath(path);
        }
    }
}

/// <summary>Where an earlier run stopped.</summary>
/// <param name="Cursor">The cursor to resume from; null for the start of the window.</param>
/// <param name="TimeUnit">The detected unit of windows; null if none was detected.</param>
/// <param name="Start">The start of the window of this run; null for unbounded.</param>
/// <param name="End">The end of the window of this run; null for unbounded.</param>
/// <param name="Newest">The latest time of the rows already exported; null if there is none.</param>
/// <param name="IsSuperseded">Whether the window belongs to an interrupted run and ends before the window requested now.</param>
internal sealed record ResumePoint(string? Cursor, TimeUnit? TimeUnit, DateTimeOffset? Start, DateTimeOffset? End, DateTimeOffset? Newest, bool IsSuperseded)
{
    /// <summary>What to do if the cursor is refused; null for what holds for a state.</summary>
    public string? RefusalAdvice { get; init; }
}
