namespace Croct.Export.Cli.Items;

/// <summary>The earliest and the latest time of items.</summary>
/// <param name="First">The earliest time; null if no item has one.</param>
/// <param name="Last">The latest time; null if no item has one.</param>
internal readonly record struct TimeRange(DateTimeOffset? First, DateTimeOffset? Last)
{
    /// <summary>The range of the items of both.</summary>
    public TimeRange Union(TimeRange other) =>
        new(other.First < First ? other.First : First ?? other.First, other.Last > Last ? other.Last : Last ?? other.Last);
}
