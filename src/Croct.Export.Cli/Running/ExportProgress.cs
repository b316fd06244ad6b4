using System.Diagnostics;
using System.Globalization;
using Croct.Export.Cli.Destinations;
using Croct.Export.Cli.Items;

namespace Croct.Export.Cli.Running;

/// <summary>The progress and the result of the export of one stream. The export updates it while other threads may read it.</summary>
/// <param name="stream">The stream.</param>
/// <param name="maxAttempts">The maximum number of attempts per request.</param>
internal sealed class ExportProgress(ExportStream stream, int maxAttempts)
{
    /// <summary>A limit, so that fields with a different name in each item do not fill the memory.</summary>
    private const int MaxFindings = 1000;

    /// <summary>Shorter waits for a page are not shown.</summary>
    private static readonly TimeSpan MinWait = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private readonly SortedDictionary<string, long> _unknown = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _unexpected = new(StringComparer.Ordinal);
    private (DateTimeOffset? Start, DateTimeOffset? End) _window;
    private TimeSpan _lastPage;
    private int _saving;
    private (RetryAttempt Attempt, TimeSpan At)? _retry;

    public string Name { get; } = stream.ToString().ToLowerInvariant();

    public string? File { get; private set; }

    /// <summary>The number of the run; null without a state.</summary>
    public int? Run { get; private set; }

    public long Rows { get; private set; }

    public long Pages { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>The number of items dropped because the file already had them.</summary>
    public long Duplicates { get; private set; }

    public long Retries { get; private set; }

    /// <summary>The number of items outside the window by more than rounding explains; they are in the file.</summary>
    public long OutsideWindow { get; private set; }

    /// <summary>Whether the export ended although the API did not confirm the end of the data.</summary>
    public bool IsEndUnconfirmed { get; private set; }

    /// <summary>The unit in which the window was sent; null without a window, or if there was no data to detect it from.</summary>
    public TimeUnit? TimeUnit { get; private set; }

    public DateTimeOffset? First { get; private set; }

    public DateTimeOffset? Last { get; private set; }

    public string? FirstCursor { get; private set; }

    public string? LastCursor { get; private set; }

    /// <summary>The rows that are durably in the file; null until the export has completed or failed.</summary>
    public KeptRows? Kept { get; private set; }

    /// <summary>The slices of the window; empty if it is exported as a whole.</summary>
    public IReadOnlyList<SliceProgress> Slices { get; set; } = [];

    /// <summary>The number of parts that the run added to a dataset; null without one.</summary>
    public int? Parts { get; set; }

    /// <summary>Whether the export reached the end of the data.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether there was nothing to do, because the window has not moved since the previous run.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>Why the export did not reach the end of the data; null if it did, or is still running.</summary>
    public Exception? Failure { get; private set; }

    public TimeSpan Elapsed => _elapsed.Elapsed;

    /// <summary>The unknown types, fields and enum values, with the number of their occurrences.</summary>
    public IReadOnlyDictionary<string, long> Unknown => _unknown;

    /// <summary>The members whose values have another type than in the contract, with the number of occurrences.</summary>
    public IReadOnlyDictionary<string, long> UnexpectedValues => _unexpected;

    /// <summary>The requested window; a null start or end is unbounded.</summary>
    public (DateTimeOffset? Start, DateTimeOffset? End) Window => _window;

    /// <summary>Raised for each page.</summary>
    public event Action<ExportProgress>? PageWritten;

    /// <summary>Raised for each failed attempt that will be repeated.</summary>
    public event Action<ExportProgress, FailedAttempt>? Retrying;

    /// <summary>Whether an operation requests this stream.</summary>
    public bool IsOperation(string operation) => string.Equals(operation, $"export{Name}", StringComparison.OrdinalIgnoreCase);

    /// <param name="run">The number of the run; null without a state.</param>
    /// <param name="window">The window.</param>
    public void Begin(int? run, (DateTimeOffset? Start, DateTimeOffset? End) window)
    {
        lock (_lock) (Run, _window) = (run, window);
    }

    /// <summary>Adds bytes that were written.</summary>
    public void Add(long bytes)
    {
        lock (_lock) Bytes += bytes;
    }

    /// <summary>Adds a page, and the bytes that were written for it.</summary>
    public void Add(WrittenPage page, long bytes)
    {
        lock (_lock)
        {
            if (Pages++ == 0) FirstCursor = page.Cursor;
            LastCursor = page.ResumeCursor;
            Rows += page.Rows;
            Duplicates += page.Duplicates;
            OutsideWindow += page.OutsideWindow;
            TimeUnit = page.TimeUnit ?? TimeUnit;
            Bytes += bytes;
            (First, Last) = new TimeRange(First, Last).Union(page.Times);
            foreach (var finding in page.Findings) Count(finding.IsValue ? _unexpected : _unknown, finding.What);
            _lastPage = Elapsed;

            // A page may arrive while a later one waits for a retry.
            if (_retry is { } retry && retry.At + retry.Attempt.Delay < Elapsed) _retry = null;
        }

        PageWritten?.Invoke(this);
    }

    /// <summary>Adds a failed request.</summary>
    public void Add(RetryAttempt attempt)
    {
        lock (_lock) _retry = (attempt, Elapsed);
        Add(new FailedAttempt(attempt.Number, attempt.Delay, attempt.Exception!));
    }

    /// <summary>Adds a failed attempt.</summary>
    public void Add(FailedAttempt attempt)
    {
        lock (_lock) Retries++;
        Retrying?.Invoke(this, attempt);
    }

    /// <summary>Waits until pages are saved, which is shown if it takes long.</summary>
    public async Task SaveAsync(Func<Task> save)
    {
        Interlocked.Increment(ref _saving);
        try
        {
            await save();
        }
        finally
        {
            Interlocked.Decrement(ref _saving);
        }
    }

    /// <param name="file">The file or folder.</param>
    /// <param name="kept">The rows that are durably in it.</param>
    /// <param name="isEndUnconfirmed">Whether the export ended although the API did not confirm the end of the data.</param>
    public void End(string file, KeptRows kept, bool isEndUnconfirmed)
    {
        lock (_lock)
        {
            (File, Kept, IsEndUnconfirmed) = (file, kept, isEndUnconfirmed);

            // Items that are not durably in the file have to be requested again. The cursors of slices do not follow each other.
            (FirstCursor, LastCursor) = Slices.Count > 0 ? (null, null) : (FirstCursor, Kept.Cursor ?? FirstCursor);
            Bytes = Math.Max(Bytes, Kept.Bytes);
            (Rows, Duplicates) = (Rows - Kept.Duplicates, Duplicates + Kept.Duplicates);
        }
    }

    public void Complete()
    {
        _elapsed.Stop();
        lock (_lock) (IsComplete, _retry) = (true, null);
    }

    public void CompleteIdle()
    {
        Complete();
        lock (_lock) IsIdle = true;
    }

    public void Fail(Exception failure)
    {
        _elapsed.Stop();
        lock (_lock) (Failure, _retry) = (failure, null);
    }

    public string Describe()
    {
        lock (_lock)
        {
            var seconds = Math.Max(Elapsed.TotalSeconds, 0.001);
            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"{Counted(Rows, Name[..^1])}, {Counted(Pages, "page")}, {Bytes / 1048576d:N1} MiB in {seconds:N1} s ({Rows / seconds:N0} {Name}/s)");
            if (Retries > 0) text += $", {Counted(Retries, "retry", "retries")}";
            if (Duplicates > 0) text += string.Create(CultureInfo.InvariantCulture, $", {Duplicates:N0} dropped as duplicates");
            if (OutsideWindow > 0) text += string.Create(CultureInfo.InvariantCulture, $", {OutsideWindow:N0} outside the window");
            if (Last is { } last) text += $", newest {last.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}";
            if (Slices.Count > 0) text += $", {DescribeSlices()}";
            if (Share is { } share) text += string.Create(CultureInfo.InvariantCulture, $", {share:P0} of the window");
            if (Waiting is { } waiting) text += $"; {waiting}";
            return text;
        }
    }

    /// <summary>The figures for a table: always the same ones in the same order, empty if there is nothing to show.</summary>
    public IReadOnlyList<(string Name, string Value)> Figures()
    {
        lock (_lock)
        {
            var seconds = Math.Max(Elapsed.TotalSeconds, 0.001);
            return
            [
                ("rows", Number(Rows)),
                ("rows/s", Number((long)(Rows / seconds))),
                ("pages", Number(Pages)),
                ("size", string.Create(CultureInfo.InvariantCulture, $"{Bytes / 1048576d:N1} MiB")),
                ("time", string.Create(CultureInfo.InvariantCulture, $"{seconds:N1} s")),
                ("retries", Number(Retries)),
                ("duplicates", Number(Duplicates)),
                ("outside", OutsideWindow > 0 ? Number(OutsideWindow) : ""),
                ("first", Time(First)),
                ("newest", Time(Last)),
                ("slices", Slices.Count > 0 ? $"{Number(Slices.Count(slice => slice.IsComplete))} of {Number(Slices.Count)}" : ""),
                ("failed", Slices.Count(slice => slice.State == SliceState.Failed) is > 0 and var failed ? Number(failed) : ""),
                ("of the window", Share is { } share ? string.Create(CultureInfo.InvariantCulture, $"{share:P0}") : ""),
                ("state", Failure is OperationCanceledException ? "stopped" : Failure is not null ? "failed" : IsComplete ? "done" : Waiting ?? "running"),
                ("file", File is null or OutputFile.StandardOutput ? "" : Path.GetFileName(Path.TrimEndingDirectorySeparator(File))),
            ];
        }

        static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

        static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";
    }

    /// <summary>The differences from the contract, in one sentence; null if there are none.</summary>
    public string? DescribeFindings()
    {
        lock (_lock)
        {
            string?[] findings =
            [
                Listed(_unexpected, "value of an unexpected type", "values of an unexpected type"),
                Listed(_unknown, "unknown type, field or value", "unknown types, fields or values"),
            ];
            var found = string.Join(" and ", findings.OfType<string>());
            return found.Length == 0 ? null : $"{found} in the {Name}: written as received.";
        }
    }

    private string DescribeSlices()
    {
        var complete = Slices.Count(slice => slice.IsComplete);
        var text = string.Create(CultureInfo.InvariantCulture, $"{complete:N0} of {Slices.Count:N0} slices complete");
        foreach (var state in (SliceState[])[SliceState.Running, SliceState.Failed])
        {
            var count = Slices.Count(slice => slice.State == state);
            if (count > 0) text += string.Create(CultureInfo.InvariantCulture, $", {count:N0} {state.ToString().ToLowerInvariant()}");
        }

        return text;
    }

    private static string? Listed(SortedDictionary<string, long> findings, string one, string many)
    {
        const int Shown = 3;
        if (findings.Count == 0) return null;
        var names = findings.OrderByDescending(finding => finding.Value).Take(Shown).Select(finding => finding.Key);
        return $"{Counted(findings.Values.Sum(), one, many)} ({string.Join(", ", names.Select(Terminal.OneLine))}{(findings.Count > Shown ? ", ..." : "")})";
    }

    private static string Counted(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? one + "s")}");

    private static void Count(SortedDictionary<string, long> counts, string what)
    {
        var name = counts.Count < MaxFindings || counts.ContainsKey(what) ? what : "others";
        counts[name] = counts.GetValueOrDefault(name) + 1;
    }

    /// <summary>What the export is waiting for; null if pages keep arriving.</summary>
    private string? Waiting
    {
        get
        {
            if (!_elapsed.IsRunning || Elapsed - _lastPage < MinWait) return null;
            var waited = Elapsed - _lastPage;
            if (Volatile.Read(ref _saving) > 0) return string.Create(CultureInfo.InvariantCulture, $"saving for {waited.TotalSeconds:N0} s");
            if (_retry is not { } retry)
            {
                return string.Create(CultureInfo.InvariantCulture, $"waiting for page {Pages + 1:N0} for {waited.TotalSeconds:N0} s");
            }

            var left = retry.At + retry.Attempt.Delay - Elapsed;
            var attempt = string.Create(CultureInfo.InvariantCulture, $"attempt {retry.Attempt.Number + 1} of {maxAttempts}");
            var reason = Failures.DescribeBriefly(retry.Attempt.Exception!);
            return left > TimeSpan.Zero
                ? string.Create(
                    CultureInfo.InvariantCulture, $"waiting {Math.Ceiling(left.TotalSeconds):N0} s before {attempt} for page {Pages + 1:N0}: {reason}")
                : string.Create(CultureInfo.InvariantCulture, $"waiting for page {Pages + 1:N0} for {waited.TotalSeconds:N0} s, {attempt}, after {reason}");
        }
    }

    /// <summary>The completed share of a bounded window, by time; null without one.</summary>
    private double? Share => _elapsed.IsRunning && Slices.Count == 0 && _window is { Start: { } from, End: { } to } && Last is { } last
        ? Math.Clamp((last - from) / (to - from), 0, 1)
        : null;
}
