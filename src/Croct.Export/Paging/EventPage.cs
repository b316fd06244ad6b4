using Croct.Export.Models;
using Croct.Export.Paging;

namespace Croct.Export;

/// <summary>One page of events.</summary>
public sealed class EventPage : ExportPage<Event>
{
    /// <summary>Makes an empty page, to be filled by tests.</summary>
    public EventPage()
    {
    }

    internal EventPage(PageFacts facts)
        : base(facts)
    {
    }

    /// <summary>The organization, workspace and application that the events belong to; null if the response did not tell.</summary>
    public EventResponseMetadata? Metadata { get; init; }
}
