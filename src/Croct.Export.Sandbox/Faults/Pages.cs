namespace Croct.Export.Sandbox.Faults;

/// <summary>How a page is put together; faults change it.</summary>
/// <param name="most">The most items.</param>
internal sealed class PageShape(int most)
{
    public int Most { get; set; } = most;

    /// <summary>How many of the first items are written twice.</summary>
    public int Duplicates { get; set; }

    /// <summary>Whether nextCursor is where the page began.</summary>
    public bool RepeatsCursor { get; set; }
}

/// <summary>Pages that are put together differently.</summary>
internal static class Pages
{
    public static readonly FaultSetting Most = new("items", "most items of the page", 1, 1, 1000);
    public static readonly FaultSetting Extra = new("extra", "items beyond the page size", 10, 1, 10_000);
    public static readonly FaultSetting Duplicates = new("items", "items that stand twice", 1, 1, 1000);

    public static void Shorten(PageShape page, FaultHit hit) => page.Most = Math.Min(page.Most, hit[Most]);

    public static void Lengthen(PageShape page, FaultHit hit) => page.Most += hit[Extra];

    public static void Duplicate(PageShape page, FaultHit hit) => page.Duplicates = hit[Duplicates];
}
