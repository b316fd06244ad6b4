using Croct.Export.Checkpoints;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Destinations;

/// <summary>Where the rows of one export go.</summary>
internal abstract class Destination : IAsyncDisposable
{
    /// <summary>The file, or - for standard output.</summary>
    public abstract string Name { get; }

    /// <summary>What a format needs to know to write pages here.</summary>
    public abstract PageTarget Target { get; }

    /// <summary>All files that are written to, so that nothing else is written there.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>How many bytes were written to the file, those of earlier runs included.</summary>
    public abstract long Bytes { get; }

    /// <summary>What is in the file for good, whatever happens to the rest of the run.</summary>
    public abstract KeptRows Kept { get; }

    /// <summary>Where an earlier run came to; null if this is the first one.</summary>
    public virtual ResumePoint? Resume => null;

    /// <summary>The number of the run, from 1; null if nobody counts.</summary>
    public virtual int? Run => null;

    /// <summary>Tells that a page is written as a whole, so that the export may continue after it.</summary>
    public abstract Task CommitAsync(WrittenPage page);

    /// <summary>Makes sure that what was committed stays, when the export ends before its end.</summary>
    public virtual Task SuspendAsync() => Task.CompletedTask;

    /// <summary>Ends the file.</summary>
    public abstract Task CompleteAsync();

    /// <summary>Where an export that did not come to its end left what it had, once this is disposed; null if it left nothing.</summary>
    public virtual string? Leftover => null;

    public abstract ValueTask DisposeAsync();

    /// <summary>Whether two names are those of one file, as far as they tell: links are followed, other names of a file are not known.</summary>
    public static bool AreOneFile(string one, string other) =>
        string.Equals(TargetOf(one), TargetOf(other), OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    private static string TargetOf(string path)
    {
        try
        {
            return DurableFile.TargetOf(Path.GetFullPath(path));
        }
        catch (IOException)
        {
            // A link that leads in a circle is told when it is opened.
            return Path.GetFullPath(path);
        }
    }
}

/// <summary>Where an earlier run came to.</summary>
/// <param name="Cursor">Where to continue; null for the start of the window.</param>
/// <param name="TimeUnit">The unit of windows that was found out; null if none was.</param>
/// <param name="Start">The start of the window of this run; null for unbounded.</param>
/// <param name="End">The end of the window of this run; null for unbounded.</param>
/// <param name="Newest">The latest time of the rows that are there; null if there is none.</param>
/// <param name="IsOutrun">Whether the window is that of a run that was interrupted, and ends before the one that is asked for now.</param>
internal sealed record ResumePoint(string? Cursor, TimeUnit? TimeUnit, DateTimeOffset? Start, DateTimeOffset? End, DateTimeOffset? Newest, bool IsOutrun);
