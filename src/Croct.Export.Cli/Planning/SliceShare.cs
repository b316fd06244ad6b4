using System.Globalization;

namespace Croct.Export.Cli.Planning;

/// <summary>
/// The slices that one of several machines exports: those whose number since 1970 is <paramref name="Index"/> modulo <paramref name="Count"/>.
/// </summary>
/// <param name="Index">The index of the machine, from 0.</param>
/// <param name="Count">The number of machines.</param>
internal sealed record SliceShare(int Index, int Count)
{
    /// <summary>The allowed forms, for error messages.</summary>
    public const string Allowed = "I/N with I from 0 to N-1, such as 0/4, or auto, or auto/N";

    public const string Auto = "auto";

    /// <summary>The variables in which engines give the index of a task, the number of tasks and the first index; null if they do not.</summary>
    private static readonly (string Index, string? Count, string? First)[] Engines =
    [
        ("JOB_COMPLETION_INDEX", null, null),
        ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN"),
        ("AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", null),
        ("CLOUD_RUN_TASK_INDEX", "CLOUD_RUN_TASK_COUNT", null),
    ];

    /// <summary>Parses <c>I/N</c>.</summary>
    /// <exception cref="UsageException">The text is not of this form; the message does not name the option.</exception>
    public static SliceShare Parse(string text)
    {
        var parts = text.Split('/');
        if (parts.Length != 2 || ParseNumber(parts[0]) is not { } index || ParseNumber(parts[1]) is not { } count)
        {
            throw new UsageException($"it must be {Allowed}.");
        }

        if (count == 0) throw new UsageException("N must be at least 1.");
        if (index >= count) throw new UsageException($"I must be from 0 to {count - 1} for N = {count}.");
        return new SliceShare(index, count);
    }

    /// <summary>The share of this task of an array job.</summary>
    /// <param name="count">The number of tasks; null if it comes from the engine.</param>
    /// <param name="getVariable">Returns the value of an environment variable; null if it is not set.</param>
    /// <exception cref="UsageException">No engine gives the share; the message does not name the option.</exception>
    public static SliceShare Detect(int? count, Func<string, string?> getVariable)
    {
        var engines = Engines.Where(engine => !string.IsNullOrEmpty(getVariable(engine.Index))).ToList();
        if (engines.Count == 0)
        {
            throw new UsageException($"none of {string.Join(", ", Engines.Select(engine => engine.Index))} is set. Pass I/N, such as 0/4.");
        }

        if (engines.Count > 1) throw new UsageException($"both {engines[0].Index} and {engines[1].Index} are set. Pass I/N, such as 0/4.");
        var index = Read(engines[0].Index);
        if (count is null)
        {
            if (engines[0].Count is not { } variable || string.IsNullOrEmpty(getVariable(variable)))
            {
                throw new UsageException($"{engines[0].Index} is set, but the number of tasks is not known. Pass auto/N, such as auto/4.");
            }

            // An array may begin at 1.
            count = Read(variable);
            if (engines[0].First is { } first && !string.IsNullOrEmpty(getVariable(first))) index -= Read(first);
        }

        return index >= 0 && index < count
            ? new SliceShare(index, count.Value)
            : throw new UsageException(
                $"{engines[0].Index} is {getVariable(engines[0].Index)}, which is not the index of one of {count} tasks. " +
                "Number the tasks without gaps, or pass I/N, such as 0/4.");

        int Read(string variable) => ParseNumber(getVariable(variable)!)
            ?? throw new UsageException($"{variable} is '{getVariable(variable)}', which is not a number. Pass I/N, such as 0/4.");
    }

    /// <summary>The number of tasks in <c>auto/N</c>; null without one.</summary>
    /// <exception cref="UsageException">N is not a number.</exception>
    public static int? ParseCount(string text)
    {
        if (text == Auto) return null;
        return ParseNumber(text[(Auto.Length + 1)..]) is { } count and > 0 ? count : throw new UsageException($"it must be {Allowed}.");
    }

    public bool Has(long number) => number % Count == Index;

    private static int? ParseNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
