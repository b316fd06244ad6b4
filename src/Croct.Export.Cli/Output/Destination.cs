using System.Security.Cryptography;

namespace Croct.Export.Cli.Output;

/// <summary>Where the rows of one export go.</summary>
internal abstract class Destination : IAsyncDisposable
{
    /// <summary>The file, or - for standard output.</summary>
    public abstract string Name { get; }

    public abstract Stream Stream { get; }

    /// <summary>All files that are written to, so that nothing else is written there.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>How many bytes were written to the file, those of earlier runs included.</summary>
    public abstract long Bytes { get; }

    /// <summary>What is in the file for good, whatever happens to the rest of the run.</summary>
    public abstract KeptRows Kept { get; }

    /// <summary>Whether there are rows of an earlier run, behind which the new ones go.</summary>
    public virtual bool IsBegun => false;

    /// <summary>Where to begin; null for the start of the window.</summary>
    public virtual string? Cursor => null;

    /// <summary>The unit of the window that an earlier run found out; null if none did.</summary>
    public virtual TimeUnit? TimeUnit => null;

    /// <summary>Fingerprints of items that are in the file and will be delivered once more.</summary>
    public virtual IReadOnlyList<string> Repeating => [];

    /// <summary>The window of this run where it is not the one that was asked for; null for that one.</summary>
    public virtual (DateTimeOffset? Start, DateTimeOffset End)? Window => null;

    /// <summary>Whether it wants to know the keys of the items.</summary>
    public virtual bool WantsKeys => false;

    /// <summary>Whether an item is in the files of an earlier run.</summary>
    public virtual bool HasSeen(ItemKey key) => false;

    /// <summary>Tells that a page is written as a whole, so that the export may go on from behind it.</summary>
    public virtual Task CommitAsync(WrittenPage page) => Task.CompletedTask;

    /// <summary>Makes sure that what was committed stays, when the export ends before its end.</summary>
    public virtual Task SuspendAsync() => Task.CompletedTask;

    /// <summary>Ends the file.</summary>
    public abstract Task CompleteAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Whether two names are those of one file, as far as they tell: links are followed, other names of a file are not known.</summary>
    public static bool AreOneFile(string one, string other) =>
        string.Equals(TargetOf(one), TargetOf(other), OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    private static string TargetOf(string path) =>
        (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);

    /// <summary>The fingerprint of an item: equal only for equal JSON.</summary>
    public static string FingerprintOf(ReadOnlySpan<byte> item) => Convert.ToHexStringLower(SHA256.HashData(item).AsSpan(0, 16));
}
