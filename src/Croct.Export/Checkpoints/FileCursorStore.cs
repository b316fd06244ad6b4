using System.Security.Cryptography;
using System.Text;

namespace Croct.Export;

/// <summary>
/// Keeps a cursor in a file of its own. A new cursor is written to a temporary file beside it, flushed to the disk and renamed, so that at
/// any instant the file holds either the old cursor or the new one. A second line holds a checksum, so that a changed cursor is refused and never
/// asked with. One export at a time may use a file.
/// </summary>
/// <remarks>
/// The cursor is the first line as it is, unless it holds control characters or begins with U+FEFF: then it is escaped as in a URL, and the second line says so.
/// </remarks>
public sealed class FileCursorStore : ICursorStore
{
    private const string Escaped = "escaped ";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;

    /// <summary>Makes a store.</summary>
    /// <param name="path">The file; its folder must exist, it itself need not.</param>
    /// <exception cref="ArgumentException">The path is null or blank.</exception>
    public FileCursorStore(string path)
    {
        if (string.IsNullOrWhiteSpace(path)) throw new ArgumentException("path was blank; it must name a file.", nameof(path));
        _path = Path.GetFullPath(path);
    }

    /// <inheritdoc/>
    /// <exception cref="ExportException">The file is there but holds no cursor: it was changed by something else.</exception>
    /// <exception cref="IOException">The file cannot be read, or its folder does not exist.</exception>
    public async ValueTask<string?> LoadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!File.Exists(_path))
        {
            // Better now than when the first page has been stored.
            if (Directory.Exists(_path)) throw new IOException($"The cursor file '{_path}' is a folder.");
            if (!Directory.Exists(Path.GetDirectoryName(_path))) throw new DirectoryNotFoundException($"The folder of the cursor file '{_path}' does not exist.");
            return null;
        }

        var text = await ReadAsync(cancellationToken).ConfigureAwait(false);
        return text is not null && CursorIn(text) is { } cursor && text == TextOf(cursor)
            ? cursor
            : throw new ExportException(
                $"The cursor file '{_path}' holds no cursor, or another one than was saved. Restore it, or delete it to export from the start of the window.");
    }

    /// <summary>The cursor of which a text may be what the file holds.</summary>
    private static string? CursorIn(string text)
    {
        var lines = text.Split('\n');
        var cursor = lines.Length > 1 && lines[1].StartsWith(Escaped, StringComparison.Ordinal) ? Uri.UnescapeDataString(lines[0]) : lines[0];
        return Validation.SendingFault(cursor) is null ? cursor : null;
    }

    /// <summary>What the file holds for a cursor.</summary>
    private static string TextOf(string cursor)
    {
        // At the beginning of a file, U+FEFF would be taken for a byte order mark.
        var isPlain = !cursor.Any(char.IsControl) && cursor[0] != '\uFEFF';
#if NET
        var hash = SHA256.HashData(Utf8.GetBytes(cursor));
#else
        using var sha256 = SHA256.Create();
        var hash = sha256.ComputeHash(Utf8.GetBytes(cursor));
#endif
        return $"{(isPlain ? cursor : Uri.EscapeDataString(cursor))}\n{(isPlain ? "" : Escaped)}sha256 {Convert.ToBase64String(hash)}\n";
    }

    private async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new StreamReader(_path, Utf8);
#if NET
            return await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
#else
            return await reader.ReadToEndAsync().ConfigureAwait(false);
#endif
        }
        catch (DecoderFallbackException)
        {
            // Not text at all, so certainly no cursor.
            return null;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The cursor is null or blank, holds half a surrogate pair, or takes more than 32 KiB in a URL: it could not be sent, and is none of a page.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async ValueTask SaveAsync(string cursor, CancellationToken cancellationToken = default)
    {
        if (cursor is null) throw new ArgumentNullException(nameof(cursor));
        if (Validation.SendingFault(cursor) is { } fault) throw new ArgumentException($"cursor {fault}; only a cursor that can be sent can be saved.", nameof(cursor));
        cancellationToken.ThrowIfCancellationRequested();

        var temporary = _path + ".tmp";
        var bytes = Utf8.GetBytes(TextOf(cursor));
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            // Not cancellable from here on: it is a few bytes, and half a file is of no use.
            await file.WriteAsync(bytes, 0, bytes.Length, CancellationToken.None).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }

#if NET
        File.Move(temporary, _path, overwrite: true);
#else
        if (File.Exists(_path)) File.Replace(temporary, _path, destinationBackupFileName: null);
        else File.Move(temporary, _path);
#endif
    }
}
