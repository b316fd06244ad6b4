using Croct.Export.Models;

namespace Croct.Export;

/// <summary>One page of events.</summary>
public sealed class EventPage : ExportPage<Event>
{
    /// <summary>The organization, workspace and application that the events belong to; null when the answer did not tell.</summary>
    public EventResponseMetadata? Metadata { get; init; }
}
