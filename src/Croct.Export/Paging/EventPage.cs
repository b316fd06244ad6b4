using Croct.Export.Models;
using Croct.Export.Paging;

namespace Croct.Export;

/// <summary>One page of events.</summary>
public sealed class EventPage : ExportPage<Event>
{
    /// <summary>Creates an empty page, for tests.</summary>
    public EventPage()
    {
    }

    internal EventPage(PageFacts facts)
        : base(facts)
    {
    }

    /// <summary>The organization, workspace and application that the events belong to; null if the response did not include it.</summary>
    public EventResponseMetadata? Metadata { get; init; }
}
