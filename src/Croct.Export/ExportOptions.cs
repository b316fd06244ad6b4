using Croct.Export.Models;

namespace Croct.Export;

/// <summary>What to export: a time window and where in it to begin. Methods of <see cref="ExportClient"/> take a copy.</summary>
public abstract class ExportOptions
{
    private protected ExportOptions()
    {
    }

    /// <summary>
    /// Start of the time window, inclusive; unbounded by default. It must not be before 1970, and must be before <see cref="End"/>. The window
    /// applies to the timestamp of an event, the close time of a session, and the last modification of a user.
    /// </summary>
    public DateTimeOffset? Start { get; set; }

    /// <summary>
    /// End of the time window, exclusive; unbounded by default. It must not be before 1970, and must be after <see cref="Start"/>.
    /// </summary>
    /// <remarks>Late items can arrive after a window has been exported: a window never guarantees completeness, a cursor does.</remarks>
    public DateTimeOffset? End { get; set; }

    /// <summary>The maximum number of items in a page: 1 to 1000; <see cref="ExportClientOptions.DefaultPageSize"/> by default.</summary>
    public int? PageSize { get; set; }

    /// <summary>
    /// The <see cref="ExportPage.ResumeCursor"/> of an earlier page, to continue after it; by default the export begins at the start of the window.
    /// </summary>
    /// <remarks>Opaque: any text that is not blank and takes at most 32 KiB in a URL, including its escapes.</remarks>
    public string? Cursor { get; set; }

    /// <summary>
    /// The unit in which the window is sent, such as the <see cref="ExportPage.TimeUnit"/> of an earlier page; null, the default, to use
    /// <see cref="ExportClientOptions.TimeUnit"/>.
    /// </summary>
    public TimeUnit? TimeUnit { get; set; }

    internal virtual ExportOptions Copy() => (ExportOptions)MemberwiseClone();
}

/// <summary>Which events to export.</summary>
public sealed class EventExportOptions : ExportOptions
{
    /// <summary>The types of events to export; null, the default, or empty for all.</summary>
    public IReadOnlyCollection<EventType>? Events { get; set; }

    internal override ExportOptions Copy()
    {
        var copy = (EventExportOptions)base.Copy();
        copy.Events = Events?.ToArray();
        return copy;
    }
}

/// <summary>Which sessions to export.</summary>
public sealed class SessionExportOptions : ExportOptions;

/// <summary>Which users to export.</summary>
public sealed class UserExportOptions : ExportOptions;
